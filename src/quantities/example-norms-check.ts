import { norm2 } from "../linalg/vector.ts";
import { roundedGradient } from "../problem/derivatives.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { Check } from "../result/envelope.ts";
import { contributionsOf } from "./contributions.ts";
import type { Desk } from "./desk.ts";
import { aboutSum, summedOverIn } from "./summed-over.ts";

/** Relative to ‖gᵢ‖²; where rounding leaves more, it is that. */
const LIMIT = { float32: 1e-3, float64: 1e-8 } as const;

/** How many times what one move by a grain shows is still rounding. */
const MARGIN = 16;

/** Of so many of the longest: one of them may lie on a kink, where rounding makes it another function alone than among others. */
const TRIED = 3;

/**
 * ‖gᵢ‖² of all examples against gradients of the examples with the longest ones, each that of a loss of this example
 * alone, in float64 where there is it, and in the arithmetic of the problem where that is not near; the best of three
 * examples counts. Undefined where every gradient is zero. Cost: one gradient of one example, rarely nine.
 *
 * @param squares of the examples that have a term in the loss, scaled as their gradients are
 */
export async function exampleNormsCheck(desk: Desk, squares: Float64Array): Promise<Check | undefined> {
  const { problem } = desk;
  const plain = LIMIT[problem.options.precision];
  const longest = Int32Array.from(squares, (_, k) => k).sort((a, b) => squares[b] - squares[a]);
  if (squares[longest[0]] === 0) return undefined;
  let best: Pick<Check, "limit" | "measured"> = { measured: Number.POSITIVE_INFINITY, limit: plain };
  for (const k of longest.subarray(0, TRIED)) {
    const found = await compared(desk, squares[k], k, plain);
    if (found.measured / found.limit < best.measured / best.limit) best = found;
    if (best.measured <= plain) break;
  }
  return {
    name: "example-norms",
    title: "The examples' gradients against one alone",
    // Nothing is decided where rounding leaves nothing of a gradient.
    passed: best.limit < 1 ? best.measured <= best.limit : null,
    ...best,
    detail: `The squared length of the longest gradient of an example, as it was computed beside all others, against that of the gradient of a loss of this example alone, relative to it.${aboutSum(summedOverIn(desk))}`,
  };
}

/** What is derived from the k-th contributing example's own undivided loss, scaled as its gradient is. */
async function alone(
  { point }: Desk,
  problem: Problem,
  k: number,
  derive: (point: Point) => Promise<Float64Array>,
): Promise<Float64Array> {
  const { examples, scale } = contributionsOf(point);
  await using one = problem.at(point.parameters, { examples: Int32Array.of(examples[k]) });
  const { l2 } = problem.options;
  const factor = scale * one.sample.divisor;
  return (await derive(one)).map((x, i) => factor * (x - l2 * one.parameters[i]));
}

/** One square against that of the example alone, and what rounding allows. */
async function compared(
  desk: Desk,
  square: number,
  k: number,
  plain: number,
): Promise<{ readonly measured: number; readonly limit: number }> {
  const { problem, context } = desk;
  const off = (length: number) => Math.abs(length ** 2 - square) / Math.max(length ** 2, square);
  const gradientIn = (arithmetic: Problem) => alone(desk, arithmetic, k, (point) => point.gradient(context));
  const measured = off(norm2(await gradientIn(problem.inFloat64 ?? problem)));
  if (measured <= plain) return { measured, limit: plain };
  // Float32 may leave less of a gradient than the limit: what is asked is whether it is the same alone.
  const here = await gradientIn(problem);
  const moved = await alone(desk, problem, k, (point) => point.derivative(roundedGradient, undefined, context));
  const length = norm2(here);
  const rounding = MARGIN * norm2(moved.map((x, i) => x - here[i]));
  return { measured: Math.min(measured, off(length)), limit: Math.max(plain, (2 * rounding) / length) };
}
