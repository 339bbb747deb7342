import type { Point } from "../problem/point.ts";
import { keptBy } from "../util/kept-by.ts";

/** The examples that have a term in the loss, and how their gradients are scaled. */
export interface Contributions {
  /** By index; examples whose labels are all ignored are none. */
  readonly examples: Int32Array;
  /** gᵢ of an example is this times the gradient of its own undivided loss: the mean of the gᵢ is then that of the data's loss. */
  readonly scale: number;
}

const kept = keptBy<Contributions>();

export function contributionsOf({ sample }: Point): Contributions {
  return kept(sample, () => {
    const examples = sample.contributing();
    return { examples, scale: examples.length / sample.divisor };
  });
}

/**
 * Of one value an example, those of the examples that have a term, scaled.
 *
 * @param power how many factors gᵢ are in a value
 */
export function ofContributing(point: Point, values: Float64Array, power: 1 | 2): Float64Array {
  const { examples, scale } = contributionsOf(point);
  const factor = scale ** power;
  return Float64Array.from(examples, (i) => factor * values[i]);
}
