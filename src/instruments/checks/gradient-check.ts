import { dot, plusMultiple } from "../../linalg/vector.ts";
import { roundedGradient } from "../../problem/derivatives/rounded.ts";
import { heldParameters } from "../../problem/held-parameters.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import { PASSES_TO_DRAW } from "../../problem/work.ts";
import { roundoffOf, type CheckBench, type CheckDefinition } from "./check.ts";
import { compareNearby } from "./compare-nearby.ts";
import { comparePrecisions } from "./compare-precisions.ts";
import { equalShares } from "./equal-shares.ts";
import { genericDirection, sayHeld } from "./generic-direction.ts";
import { newTrial, note, type Trial } from "./ledger.ts";
import { roundingNoise } from "./rounding-noise.ts";
import { slopesOf } from "./slope.ts";
import { STEPS } from "./steps.ts";
import { withinDomain } from "./within-domain.ts";
import { maxOf } from "../../util/extremes.ts";
import { bytesOfVectors } from "../../quantities/memory.ts";
import { VECTORS_OF_POINT } from "../../problem/parameter-slots.ts";

/** An error of one part in a thousand in the gradient of one tensor is found. */
const LIMIT = 5e-4;

/** What differences decide in each arithmetic; float32 alone, on a device that has no other, sees gross errors only. */
const DECISIVE = { float64: LIMIT, float32: 5e-2 } as const;

/** A loss is a vector of one element. */
const SCALAR = [{ offset: 0, size: 1 }];

/** Gradient against differences of the loss, in the arithmetic of `problem`, at a point of it. */
async function againstDifferences(
  { random, context }: CheckBench,
  problem: Problem,
  point: Point,
  gradient: Float64Array,
): Promise<Trial> {
  const { precision } = problem.options;
  const limit = DECISIVE[precision];
  const steps = STEPS[precision];
  const home = point.parameters;
  const along = (direction: Float64Array) => (h: number) =>
    withinDomain(async () => {
      await using there = problem.at(plusMultiple(home, h, direction));
      return Float64Array.of((await there.value(context)).loss);
    });
  const f0 = Float64Array.of((await point.value(context)).loss);
  const generic = genericDirection(problem, home, random.split("generic"));
  const expected = Math.abs(dot(gradient, generic));
  const [noise] = await roundingNoise(along(generic), f0, SCALAR, [expected], roundoffOf(precision));
  // Half a grain of rounding is nearly twice its standard deviation, and a difference has two of them.
  const rounding = 4 * noise;
  // What rounding of the loss leaves of a slope at the longest step.
  const least = rounding / (limit * maxOf(steps));
  const held = heldParameters(problem.network);
  const free = Float64Array.from(gradient);
  for (const [t, { offset, size }] of problem.space.tensors.entries())
    if (held.has(t)) free.fill(0, offset, offset + size);
  const trial = newTrial(limit, 0);
  let directions = 0;
  const shares = equalShares(problem.space.tensors, home, free, least, random.split("shares"));
  for (const { direction, tensors, share, slope } of shares) {
    directions++;
    const [found] = await slopesOf(along(direction), SCALAR, {
      steps,
      enough: [(limit / 4) * share],
      rounding: [rounding],
    });
    const off = Math.abs(found.value[0] - slope) / share;
    const isDecided = found.uncertainty <= (limit / 2) * share;
    const changes = async () => {
      const slopes: number[] = [];
      for (const h of [found.step, -found.step]) {
        await using there = problem.at(plusMultiple(home, h, direction));
        const beside = await withinDomain(() => there.gradient(context));
        if (!beside) return Number.POSITIVE_INFINITY;
        slopes.push(dot(beside, direction));
      }
      return maxOf(slopes.map((x) => Math.abs(x - slope))) / share;
    };
    // Between the ends of the difference the gradient may choose at kinks; what it does not change by is its error.
    const isProven = isDecided && off > limit && (await changes()) <= off / 4;
    for (const number of tensors) {
      if (isProven) note(trial.proven, number, off);
      else if (isDecided && off <= limit) note(trial.right, number, off);
      else trial.open.add(number);
    }
  }
  if (directions === 0) {
    const most = limit * (Math.abs(f0[0]) || Number.MIN_VALUE);
    const [{ value }] = await slopesOf(along(generic), SCALAR, { steps, enough: [most], rounding: [0] });
    // A gradient of zero (to rounding) says that the loss does not change.
    const isFlat = Math.abs(Math.abs(value[0]) - expected) <= most;
    for (const number of problem.space.tensors.keys()) {
      if (isFlat && !held.has(number)) trial.right.set(number, 0);
      else trial.open.add(number);
    }
    return { ...trial, directions: 1 };
  }
  for (const number of trial.right.keys()) trial.open.delete(number);
  return { ...trial, directions };
}

const METHOD =
  "The gradient against central differences of the loss, along directions to which every parameter tensor contributes alike, up and down; the error is a part of one tensor's share.";

const PRECISIONS =
  " Differences are of the float64 loss, against the float64 gradient, and that against the float32 gradient tensor by tensor.";

/** The gradient against finite differences: exact about 0.1 %, and indifferent to kinks. */
export const gradientCheck: CheckDefinition = {
  name: "gradient",
  title: "Gradient against finite differences",
  detail: METHOD,
  limit: { float32: LIMIT, float64: LIMIT },
  cost: ({ space }) => {
    const rounds = 1 + Math.ceil(Math.log2(space.tensors.length));
    const places = 4 * (2 + rounds);
    return {
      gradients: 1,
      wideGradients: 2,
      wideLosses: places,
      points: 1,
      widePoints: 1 + places,
      // A generic direction and one for each round, the free part of the gradient, and what three gradients are compared by.
      vectors: PASSES_TO_DRAW + 3 + rounds * (PASSES_TO_DRAW + 5) + 10,
    };
  },
  // Three gradients and what is free of one, the point thrice, two directions, and at a step along one: the place, and the point there.
  bytes: ({ space }) => bytesOfVectors(space.dimension, 4 + 3 + 2 + 1 + VECTORS_OF_POINT),
  measure: (bench) => {
    const { problem, oracle, context } = bench;
    return compareNearby(bench, {
      method: (oracle === problem ? METHOD : METHOD + PRECISIONS) + sayHeld(problem),
      subject: "gradient",
      tryAt: async (theta, isHome) => {
        await using here = problem.at(theta);
        const measured = isHome ? bench.gradient : await here.gradient(context);
        if (oracle === problem) return [await againstDifferences(bench, problem, here, measured)];
        await using there = oracle.at(theta);
        const wide = await there.gradient(context);
        const moved = await there.derivative(roundedGradient, undefined, context);
        return [
          await againstDifferences(bench, oracle, there, wide),
          comparePrecisions(problem.space.tensors, { narrow: measured, wide, moved }, LIMIT),
        ];
      },
    });
  },
};
