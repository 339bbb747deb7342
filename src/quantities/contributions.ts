import type { Point } from "../problem/point.ts";
import { keptBy } from "../util/kept-by.ts";
import { Deviations } from "./deviations.ts";

/** The examples that have a term in the loss, and how their gradients are scaled. */
export interface Contributions {
  /** By index; examples whose labels are all ignored are none. */
  readonly examples: Int32Array;
  /** gᵢ of an example is this times the gradient of its own undivided loss: the mean of the gᵢ is then that of the data's loss. */
  readonly scale: number;
  /** How much each counts in the mean, 1 on average; undefined where all count alike. */
  readonly counts: Float64Array | undefined;
  /** How they scatter about their mean, as its batches do. */
  readonly deviations: Deviations;
}

const kept = keptBy<Contributions>();

export function contributionsOf({ sample }: Point): Contributions {
  return kept(sample, () => {
    const examples = sample.contributing();
    const counts = sample.countsOf(examples);
    return { examples, scale: examples.length / sample.divisor, counts, deviations: new Deviations(counts) };
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
