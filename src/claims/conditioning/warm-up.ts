import { z } from "zod";
import { dot } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

/** ηλ at the start: one that is stable, two that are caught, one that is not. */
const PRODUCTS = [1.5, 3, 3.9, 4.1];
/** A walk that is caught may land where it is very flat, and then takes its time. */
const STEPS = 30_000;
/**
 * A warm-up: ηλ₀ where it begins, and stretches of one step size. It begins where f hardly falls: from f = 0 to rounding nothing
 * could rise again, and it would end in a place that only rounding makes stable.
 */
const WARM_UP = { from: 1.9, stretches: 100, steps: 2 };
/** f at which a walk has converged, where it is stable, and diverged. */
const [SMALL, LARGE] = [1e-6, 1e6];
/** Steps along which the recursion is compared, and the walk. */
const [COMPARED, COMPARED_WALK] = [20, 1];

/** ½f², f = uᵀv/√n, of 2n weights (u, v): two linear layers on one example with the label 0. */
function twoLayers(n: number) {
  const f = (at: Float64Array) => dot(at.subarray(0, n), at.subarray(n)) / Math.sqrt(n);
  const on: Objective = {
    dimension: 2 * n,
    value: (at) => f(at) ** 2 / 2,
    gradient(at, into) {
      const share = f(at) / Math.sqrt(n);
      for (let i = 0; i < n; i++) {
        into[i] = share * at[n + i];
        into[n + i] = share * at[i];
      }
    },
    hessianVector: () => {
      throw new Error("no walk asks for it");
    },
  };
  return { on, f, curvature: (at: Float64Array) => dot(at, at) / n };
}

const point = z.object({ f: z.number(), product: z.number() });

export const warmUp = defineClaim({
  id: "D14",
  topic: "conditioning",
  statement: "A step size beyond 2/λ needs a warm-up.",
  says: "rival",
  law: "of f = uᵀv/√n, f ← (1 − ηλ + η²f²/n)f and λ ← λ + (ηf²/n)(ηλ − 4): for 2 < ηλ₀ < 4 the loss rises, λ falls below 2/η and the loss converges; only for ηλ₀ > 4 it diverges",
  rival: "without a warm-up training diverges for every ηλ₀ > 2",
  condition: "ηλ₀ > 4",
  source: "Lewkowycz et al. 2020, section 2; warm-up: Gilmer et al. 2021",
  why: "On a quadratic 2/λ is the limit. The curvature of a network falls while the loss rises, which a quadratic does not.",
  means:
    "A rise of the loss in the first steps need not be the end: it may be the way to a flatter place. Beyond twice the limit only smaller first steps help.",
  breaks: "The 4 is that of two linear layers in the limit of width; other networks and losses have other limits.",
  reading: ["Lewkowycz et al., arXiv:2003.02218 (2020)", "Gilmer et al., arXiv:2110.04369 (2021)"],
  parameters: z.object({ width: scaled(1000, 1000, "units") }),
  found: z.object({ walks: z.array(z.array(point)), warmed: point, off: z.number() }),
  measure({ width }, _part, { random }) {
    const { on, f, curvature } = twoLayers(width);
    const start = startOf(width, random);
    const first = curvature(start);
    const walk = (lr: number, from: Float64Array, steps = STEPS) => {
      const isToEnd = steps === STEPS;
      const seen = [{ f: Math.abs(f(from)), product: lr * curvature(from) }];
      let end = from;
      stepsUntil({ on, by: gradientDescent.with({ lr }), from }, (at, step) => {
        seen.push({ f: Math.abs(f(at)), product: lr * curvature(at) });
        end = at.slice();
        const { f: size, product } = seen[seen.length - 1];
        return step === steps || size > LARGE || (isToEnd && size < SMALL && product < 2);
      });
      return { seen, end };
    };
    const walks = PRODUCTS.map((product) => walk(product / first, start).seen);
    const [top] = PRODUCTS.slice(-1);
    let warm = start;
    for (let i = 0; i < WARM_UP.stretches; i++) {
      const product = WARM_UP.from + (i / WARM_UP.stretches) * (top - WARM_UP.from);
      warm = walk(product / first, warm, WARM_UP.steps).end;
    }
    const warmed = walk(top / first, warm).seen.slice(-1)[0];
    return { walks, warmed, off: offRecursion(walks[COMPARED_WALK], PRODUCTS[COMPARED_WALK] / first, width) };
  },
  conclude([{ walks, warmed, off }], { width }) {
    const size = (x: number) => Math.log10(Math.max(x, 1e-300));
    const ends = walks.map((walk) => walk[walk.length - 1]);
    const caught = PRODUCTS.map((product, i) => ({ product, i })).filter(({ product }) => product > 2 && product < 4);
    const [top] = PRODUCTS.slice(-1);
    const [converged, diverged] = [size(SMALL), size(LARGE)];
    const shown = PRODUCTS.map((product, i) => ({
      name: `ηλ₀ = ${product}`,
      x: walks[i].map((_, t) => t).slice(0, 40),
      y: walks[i].map(({ product: at }) => at).slice(0, 40),
      as: "line" as const,
    }));
    return {
      evidence: [
        ...caught
          .map(({ product, i }) =>
            weigh({
              name: `log₁₀|f| at the end without warm-up, ηλ₀ = ${product}`,
              measured: size(ends[i].f),
              law: atMost(converged),
              rival: atLeast(diverged),
            }),
          )
          .toReversed(),
        ...caught.map(({ product, i }) =>
          weigh({ name: `ηλ at the end, ηλ₀ = ${product}`, measured: ends[i].product, law: atMost(2) }),
        ),
        weigh({
          name: `log₁₀|f| at the end without warm-up, ηλ₀ = ${PRODUCTS[0]}`,
          measured: size(ends[0].f),
          law: atMost(converged),
          rival: atMost(converged),
        }),
        weigh({
          name: `log₁₀|f| at the end without warm-up, ηλ₀ = ${top}`,
          measured: size(ends[ends.length - 1].f),
          law: atLeast(diverged),
          rival: atLeast(diverged),
        }),
        weigh({
          name: `log₁₀|f| at the end with a warm-up of ${WARM_UP.stretches * WARM_UP.steps} steps from ηλ₀ = ${WARM_UP.from} to ${top}`,
          measured: size(warmed.f),
          law: atMost(converged),
          rival: atMost(converged),
        }),
        weigh({ name: "ηλ at the end with that warm-up", measured: warmed.product, law: atMost(2) }),
        weigh({
          name: `f and λ of ${2 * width} weights beside the recursion, ηλ₀ = ${PRODUCTS[COMPARED_WALK]}, largest relative difference in the first ${COMPARED} steps`,
          measured: off,
          law: equals(0),
          allowed: 1e-12,
        }),
      ],
      picture: {
        title: "Curvature under steps that are too large",
        description:
          "ηλ of two linear layers against steps. The law: what begins below 4 ends below 2, the dashed line; what begins above leaves the picture.",
        x: { title: "steps" },
        y: { title: "ηλ" },
        law: [{ name: "2", x: [0, 40], y: [2, 2] }],
        rival: [],
        measured: shown.slice(0, 3),
      },
    };
  },
});

/** Weights of which f is of order 1, so that the rise to √n takes some steps. */
function startOf(width: number, random: RandomStream): Float64Array {
  for (;;) {
    const start = random.normalVector(2 * width);
    const f = Math.abs(twoLayers(width).f(start));
    if (f > 0.1 && f < 3) return start;
  }
}

/** Largest difference of a walk from what the recursion makes of the step before, relative to that step. */
function offRecursion(walk: readonly z.output<typeof point>[], lr: number, n: number): number {
  let off = 0;
  for (let t = 1; t <= Math.min(COMPARED, walk.length - 1); t++) {
    const { f, product } = walk[t - 1];
    const push = (lr * f) ** 2 / n;
    const next = { f: Math.abs(1 - product + push) * f, product: product + push * (product - 4) };
    off = Math.max(off, Math.abs(walk[t].f - next.f) / f, Math.abs(walk[t].product - next.product) / product);
  }
  return off;
}
