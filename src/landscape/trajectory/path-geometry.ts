import { dot, norm2 } from "../../linalg/vector.ts";

/** A path in parameter space, as its distances and turns. */
export interface PathGeometry {
  /** ‖θₖ − θ₀‖. */
  readonly fromStart: readonly number[];
  /** ‖θₖ − θ_end‖. */
  readonly toEnd: readonly number[];
  /** Of the step from k on with the step that led to k; null at the first, at the last, and where one has no length. */
  readonly cosines: readonly (number | null)[];
}

/** Distances and turns of a path. Cost: a few passes over each pair of neighbours; no product. */
export function pathGeometry(path: readonly Float64Array[]): PathGeometry {
  const [first, last] = [path[0], path[path.length - 1]];
  const steps = path.slice(1).map((theta, i) => difference(theta, path[i]));
  return {
    fromStart: path.map((theta) => norm2(difference(theta, first))),
    toEnd: path.map((theta) => norm2(difference(theta, last))),
    cosines: path.map((_, k) => (k > 0 && k < steps.length ? cosineOf(steps[k - 1], steps[k]) : null)),
  };
}

function difference(to: Float64Array, from: Float64Array): Float64Array {
  return to.map((x, i) => x - from[i]);
}

function cosineOf(a: Float64Array, b: Float64Array): number | null {
  const lengths = norm2(a) * norm2(b);
  return lengths === 0 ? null : dot(a, b) / lengths;
}
