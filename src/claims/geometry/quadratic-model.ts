import { z } from "zod";
import { medianOf } from "../../linalg/median-of.ts";
import { dot, norm2, normalize, plusMultiple } from "../../linalg/vector.ts";
import type { LaterObjective } from "../../optimizers/objective.ts";
import { chain } from "../../toys/chain.ts";
import { rosenbrock } from "../../toys/rosenbrock.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { atLeast, equals, weigh } from "../claim/evidence.ts";
import { inFloat64 } from "./in-float64.ts";
import { laterOf } from "./later-of.ts";
import { minOf } from "../../util/extremes.ts";

const DIRECTIONS = 9;
/** Lengths of a step within a decade, relative to its end. */
const DECADE = Array.from({ length: 11 }, (_, i) => 10 ** (-i / 10));
/** Ends of the decades that are looked at on functions that are known. */
const [END, EVEN_END] = [1e-2, 0.1];
/** Of a slope. */
const ALLOWED = 0.1;

const bent = rosenbrock.with({ n: 20 });
/** ½(w₁w₂ − 1)², which is even: at 0 there is no third order. */
const even = chain.with({ n: 2, p: 1 });

/** What the loss has beside its quadratic model along a direction. */
interface Remainders {
  readonly lengths: readonly number[];
  /** |L(θ + tp) − L − t∇Lᵀp − ½t²pᵀHp|. */
  readonly sizes: readonly number[];
  /** What rounding of the loss may make of one of them. */
  readonly rounding: number;
}

async function remaindersAlong(
  loss: LaterObjective,
  at: Float64Array,
  p: Float64Array,
  end: number,
): Promise<Remainders> {
  const here = await loss.value(at);
  const slope = dot(await loss.gradient(at), p);
  const curvature = dot(await loss.hessianVector(at, p), p);
  const lengths = DECADE.map((t) => end * t);
  const sizes: number[] = [];
  let largest = Math.abs(here);
  for (const t of lengths) {
    const there = await loss.value(plusMultiple(at, t, p));
    largest = Math.max(largest, Math.abs(there));
    sizes.push(Math.abs(there - here - t * slope - (t * t * curvature) / 2));
  }
  return { lengths, sizes, rounding: 16 * Number.EPSILON * largest };
}

/** The slope of a line through logarithms, by least squares. */
function orderOf({ lengths, sizes }: Remainders): number {
  const x = lengths.map(Math.log);
  const y = sizes.map(Math.log);
  const mean = x.reduce((sum, each) => sum + each, 0) / x.length;
  const [above, below] = x.reduce(([a, b], each, i) => [a + (each - mean) * y[i], b + (each - mean) ** 2], [0, 0]);
  return above / below;
}

/** Random directions of length 1. */
function directions(n: number, random: { normalVector(n: number): Float64Array }): Float64Array[] {
  return Array.from({ length: DIRECTIONS }, () => {
    const p = random.normalVector(n);
    normalize(p);
    return p;
  });
}

const ordersOf = (all: readonly Remainders[]) => medianOf(all.map(orderOf)) ?? Number.NaN;

export const quadraticModel = defineClaim({
  id: "A1",
  topic: "geometry",
  statement: "Near a point the loss is its quadratic model.",
  says: "law",
  law: "L(θ + tp) − L − t∇Lᵀp − ½t²pᵀHp = ⅙t³D³L[p, p, p] + O(t⁴): order 3 in t, and 4 where L is even",
  rival: "what is left is of second order, as beside the tangent plane",
  condition: "three continuous derivatives along the way",
  source: "Taylor's theorem; Nocedal & Wright 2006, theorem 2.1",
  why: "A smooth function looks like a parabola when one comes near enough.",
  means:
    "Half the step leaves an eighth of the error: what Newton's method, Gauss–Newton and the stability limits rest on. How near is near enough, `line` shows beside the loss itself.",
  breaks: "At kinks, as of ReLU, which steps that are long enough cross; and far away, where higher orders rule.",
  reading: ["Nocedal & Wright, Numerical Optimization (2006), section 2.1"],
  parameters: z.object({}),
  found: z.object({
    bent: z.number().describe("Order of what is left, median over directions."),
    even: z.number(),
    lengths: z.array(z.number()),
    sizes: z.array(z.number()),
  }),
  async measure(_options, _part, { random }) {
    const along = (on: typeof bent, at: Float64Array, end: number, label: string) =>
      Promise.all(directions(on.dimension, random.split(label)).map((p) => remaindersAlong(laterOf(on), at, p, end)));
    const ofBent = await along(bent, bent.start(random.split("place")), END, "bent");
    const ofEven = await along(even, new Float64Array(2), EVEN_END, "even");
    const [{ lengths, sizes }] = ofBent;
    return { bent: ordersOf(ofBent), even: ordersOf(ofEven), lengths: [...lengths], sizes: [...sizes] };
  },
  conclude: ([{ bent: third, even: fourth, lengths, sizes }]) => ({
    evidence: [
      weigh({
        name: `order in t of what the quadratic model leaves, ${END / 10} ≤ t ≤ ${END}, Rosenbrock's function in ${bent.dimension} dimensions, median of ${DIRECTIONS} directions`,
        measured: third,
        law: equals(3),
        rival: equals(2),
        allowed: ALLOWED,
      }),
      weigh({
        name: "the same at 0 of ½(w₁w₂ − 1)², which is even",
        measured: fourth,
        law: equals(4),
        rival: equals(2),
        allowed: ALLOWED,
      }),
    ],
    picture: {
      title: "What the quadratic model leaves",
      description:
        "|L(θ + tp) − L − t∇Lᵀp − ½t²pᵀHp| along one direction against t; the lines go through the last point.",
      x: { title: "t", scale: "log" },
      y: { title: "remainder", scale: "log" },
      law: [{ name: "t³", x: lengths, y: lengths.map((t) => sizes[0] * (t / lengths[0]) ** 3) }],
      rival: [{ name: "t²", x: lengths, y: lengths.map((t) => sizes[0] * (t / lengths[0]) ** 2) }],
      measured: [{ name: "", x: lengths, y: sizes }],
    },
  }),
  network: {
    measures: "the order in t of what the quadratic model leaves of the loss along random directions",
    measure: ({ problem }, desk) =>
      inFloat64(problem, desk, async ({ point, loss, where }) => {
        const all = directions(point.dimension, desk.random);
        const length = norm2(point.parameters) || 1;
        const decades = [];
        for (const end of ENDS) {
          const found = [];
          for (const p of all) found.push(await remaindersAlong(loss, point.parameters, p, end * length));
          decades.push({ end, found, told: found.filter(isTold) });
        }
        // The nearest decade in which rounding leaves the most of them.
        const best = decades.findLast(({ told }) => told.length === DIRECTIONS) ?? decades[0];
        // Of the few that kinks lift above rounding, the median would be that of kinks.
        if (2 * best.told.length <= DIRECTIONS) throw allQuadratic();
        return {
          evidence: [
            weigh({
              name: `order in t of what the quadratic model leaves, t up to ${best.end}‖θ‖, median of ${best.told.length} directions${where}`,
              measured: ordersOf(best.told),
              standardError: errorOfMedian(best.told.map(orderOf)),
              law: atLeast(3),
              rival: equals(2),
              allowed: ALLOWED,
            }),
          ],
          picture: null,
        };
      }),
  },
});

/** Ends of decades on a network, relative to the length of its weights, and by how much remainders exceed their rounding there. */
const ENDS = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3];
const ABOVE_ROUNDING = 100;

function isTold({ sizes, rounding }: Remainders): boolean {
  return minOf(sizes) > ABOVE_ROUNDING * rounding;
}

/** Standard error of a median, from the median deviation as if the middle were normal: √(π/2) · 1.4826 MAD/√n. */
function errorOfMedian(numbers: readonly number[]): number {
  const middle = medianOf(numbers) ?? Number.NaN;
  const deviation = medianOf(numbers.map((x) => Math.abs(x - middle))) ?? Number.NaN;
  return (Math.sqrt(Math.PI / 2) * 1.4826 * deviation) / Math.sqrt(numbers.length);
}

function allQuadratic(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "all-quadratic",
    message: "Along most directions nothing but rounding is left beside the quadratic model of this loss.",
    hint: "The claim is about losses that are no quadratics.",
  });
}
