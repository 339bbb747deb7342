import { z } from "zod";
import { axpy, dot, normalize, norm2 } from "../../linalg/vector.ts";
import type { LaterObjective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { rosenbrock } from "../../toys/rosenbrock.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { maxOf } from "../../util/extremes.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, type Evidence, weigh } from "../claim/evidence.ts";
import { inFloat64 } from "./in-float64.ts";
import { laterOf } from "./later-of.ts";
import { slopeAlong, weighSlope } from "./slope-along.ts";

/** Random directions along which the loss is followed, beside those whose slope the gradient tells. */
const FOLLOWED = 20;
/** Slopes below this share of the usual one, ‖∇L‖/√n, are left out: of a slope of nearly 0 differences give the rounding. */
const LEAST_SLOPE = 0.1;
/** Of the slopes by differences, and of the largest of the others. */
const [BY_DIFFERENCES, BY_GRADIENT] = [1e-7, 1e-12];
/** Angles to the gradient that are drawn. */
const TURNS = Array.from({ length: 13 }, (_, i) => (i * Math.PI) / 12);

const on = rosenbrock.with({ n: 20 });

const slopeError = z.object({ uncertainty: z.number(), bend: z.number() });

const slopes = z.object({
  steepest: z.number().describe("Slope along the gradient by differences of the loss, over ‖∇L‖."),
  error: slopeError,
  coordinate: z.number().describe("The largest |∂L/∂θᵢ|, over ‖∇L‖."),
  largest: z.number().describe("The largest gᵀv of random unit v, over ‖∇L‖."),
  off: z.number().describe("The largest |D_vL − gᵀv|/|gᵀv|, D_vL by differences."),
  offError: slopeError,
});

export const steepestDirection = defineClaim({
  id: "A2",
  topic: "geometry",
  statement: "The gradient points into the direction of steepest ascent.",
  says: "law",
  law: "D_vL = ∇Lᵀv ≤ ‖∇L‖ over unit vectors v, with equality at v = ∇L/‖∇L‖ alone",
  rival: "the steepest direction is that of the weight with the largest derivative, of slope max|∂L/∂θᵢ|",
  source: "the inequality of Cauchy 1821 and Schwarz 1888; the method of Cauchy 1847",
  why: "The gradient collects the slopes along all weights, and weighs each with itself.",
  means:
    "No direction of the same length lowers the loss faster at first. In many dimensions a random one has a slope of about ‖∇L‖/√n.",
  breaks:
    "Steepest depends on how steps are measured: where no weight may move by more than ε it is the sign of the gradient, and with the Fisher matrix the natural gradient. A step of finite length may do better elsewhere.",
  reading: ["Nocedal & Wright, Numerical Optimization (2006), section 2.2"],
  parameters: z.object({ directions: scaled(10_000, 1000, "random directions") }),
  found: slopes.extend({ turned: z.array(z.number()) }),
  async measure({ directions }, _part, { random }) {
    const at = on.start(random.split("place"));
    const loss = laterOf(on);
    const found = await slopesAround(loss, at, directions, random);
    const gradient = await loss.gradient(at);
    const length = normalize(gradient);
    const across = random.split("across").normalVector(on.dimension);
    axpy(-dot(across, gradient), gradient, across);
    normalize(across);
    const turned = [];
    for (const angle of TURNS) {
      const along = gradient.map((x, i) => Math.cos(angle) * x + Math.sin(angle) * across[i]);
      turned.push((await lossSlope(loss, at, along)).value[0] / length);
    }
    return { ...found, turned };
  },
  conclude: ([found], { directions }) => ({
    evidence: weighed(found, directions),
    picture: {
      title: "The slope of a loss along directions turned away from the gradient",
      description: `Slope by differences over ‖∇L‖ against the angle to the gradient, in degrees, in ${on.dimension} dimensions.`,
      x: { title: "angle" },
      y: { title: "D_vL/‖∇L‖" },
      law: [
        {
          name: "cosine",
          x: Array.from({ length: 61 }, (_, i) => 3 * i),
          y: Array.from({ length: 61 }, (_, i) => Math.cos((i * Math.PI) / 60)),
        },
      ],
      rival: [{ name: "largest derivative of a weight", x: [0, 180], y: [found.coordinate, found.coordinate] }],
      measured: [{ name: "", x: TURNS.map((angle) => (180 * angle) / Math.PI), y: found.turned }],
    },
  }),
  network: {
    measures: "the slope along the gradient by differences of the loss, beside those along random directions",
    measure: ({ problem }, desk) =>
      inFloat64(problem, desk, async ({ point, loss, where }) => {
        const found = await slopesAround(loss, point.parameters, ON_NETWORK, desk.random);
        return { evidence: weighed(found, ON_NETWORK, where), picture: null };
      }),
  },
});

/** Random directions on a network. */
const ON_NETWORK = 1000;

function weighed(found: z.output<typeof slopes>, directions: number, where = ""): Evidence[] {
  return [
    weighSlope(found.error, {
      name: `slope along ∇L/‖∇L‖ by differences of the loss, over ‖∇L‖${where}`,
      measured: found.steepest,
      law: equals(1),
      rival: equals(found.coordinate),
      allowed: BY_DIFFERENCES,
    }),
    weigh({
      name: `largest slope along ${directions} random directions, over ‖∇L‖`,
      measured: found.largest,
      law: atMost(1),
      allowed: BY_GRADIENT,
    }),
    weighSlope(found.offError, {
      name: `largest |D_vL − ∇Lᵀv|/|∇Lᵀv| along ${FOLLOWED} random directions whose slope is not nearly 0, D_vL by differences`,
      measured: found.off,
      law: equals(0),
      allowed: BY_DIFFERENCES,
    }),
  ];
}

/** @throws input error `no-gradient` where there is none at all */
async function slopesAround(
  loss: LaterObjective,
  at: Float64Array,
  directions: number,
  random: RandomStream,
): Promise<z.output<typeof slopes>> {
  const gradient = await loss.gradient(at);
  const length = norm2(gradient);
  if (length === 0) throw flat();
  const steepest = await lossSlope(
    loss,
    at,
    gradient.map((x) => x / length),
  );
  let [largest, off, followed] = [0, 0, 0];
  const offError = { uncertainty: 0, bend: 0 };
  const usual = length / Math.sqrt(at.length);
  for (let i = 0; i < directions; i++) {
    const v = random.normalVector(at.length);
    normalize(v);
    const along = dot(gradient, v);
    largest = Math.max(largest, Math.abs(along) / length);
    if (followed >= FOLLOWED || Math.abs(along) < LEAST_SLOPE * usual) continue;
    followed++;
    const slope = await lossSlope(loss, at, v);
    off = Math.max(off, Math.abs(slope.value[0] - along) / Math.abs(along));
    offError.uncertainty = Math.max(offError.uncertainty, slope.uncertainty / Math.abs(along));
    offError.bend = Math.max(offError.bend, slope.bend / Math.abs(along));
  }
  return {
    steepest: steepest.value[0] / length,
    error: { uncertainty: steepest.uncertainty / length, bend: steepest.bend / length },
    coordinate: maxOf(gradient.map(Math.abs)) / length,
    largest,
    off,
    offError,
  };
}

function lossSlope(loss: LaterObjective, at: Float64Array, along: Float64Array) {
  return slopeAlong(async (x) => Float64Array.of(await loss.value(x)), { at, along, size: 1 });
}

function flat(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-gradient",
    message: "The gradient at these weights is 0, and no direction is the steepest.",
    hint: "The claim is about places that are not critical.",
  });
}
