import { z } from "zod";
import { dot, norm2 } from "../linalg/vector.ts";
import { exactMinimum, type LinePoint, strongWolfe } from "./line-search.ts";
import { gradientAt, type Query, valueAt, type Walk } from "./walk.ts";

/** What quasi-Newton methods remember of the curvature that they met. */
export interface CurvatureMemory {
  /** An estimate of H⁻¹g. */
  times(gradient: Float64Array): Float64Array;
  /** A step s and the change y of the gradient over it, with sᵀy > 0. */
  learn(step: Float64Array, change: Float64Array): void;
  forget(): void;
}

export const lineSearch = z
  .enum(["strong-wolfe", "exact"])
  .default("strong-wolfe")
  .describe("how the length of a step is found; exact: the minimum on the line, by products");

/** θ ← θ − t·H̃⁻¹g with t by a line search; the memory starts anew where it gives no way down. */
export function* quasiNewtonWalk(
  memory: CurvatureMemory,
  search: z.output<typeof lineSearch>,
  start: Float64Array,
): Walk {
  let here: LinePoint = {
    length: 0,
    weights: start.slice(),
    value: yield* valueAt(start),
    gradient: yield* gradientAt(start),
  };
  let isFresh = true;
  for (;;) {
    const next = yield* searched(here, memory, search, isFresh);
    if (next === undefined) {
      if (isFresh) return;
      memory.forget();
      isFresh = true;
      continue;
    }
    const step = next.weights.map((x, i) => x - here.weights[i]);
    const change = next.gradient.map((x, i) => x - here.gradient[i]);
    if (dot(step, change) > Number.EPSILON * norm2(step) * norm2(change)) memory.learn(step, change);
    here = next;
    isFresh = false;
    yield { kind: "step", weights: here.weights };
  }
}

function* searched(
  here: LinePoint,
  memory: CurvatureMemory,
  search: z.output<typeof lineSearch>,
  isFresh: boolean,
): Generator<Query, LinePoint | undefined> {
  const direction = memory.times(here.gradient).map((x) => -x);
  if (!(dot(direction, here.gradient) < 0)) return undefined;
  const line = { ...here, direction };
  // Nothing is known yet of how long a gradient is to be followed.
  const first = isFresh ? Math.min(1, 1 / norm2(here.gradient)) : 1;
  return search === "exact"
    ? ((yield* exactMinimum(line)) ?? (yield* strongWolfe(line, first)))
    : yield* strongWolfe(line, first);
}
