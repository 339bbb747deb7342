import { sizeOf, type Tensor } from "../../util/tensor.ts";

/** The terms of a loss on some examples, computed by its definition in float64 without any graph. */
export interface PlainTerms {
  /** The sum of the terms of each example. */
  readonly losses: Float64Array;
  /** How many terms each example has: what they weigh in a mean. */
  readonly counts: Float64Array;
  /** By how much the prediction of each term is right (above 0) or wrong (below), in units of the outputs; absent for regression. */
  readonly margins?: Float64Array;
}

/** One term: its value, and the margin of its prediction where it predicts a class. */
export interface PlainTerm {
  readonly value: number;
  /** What it counts in a mean; 1 when absent. */
  readonly weight?: number;
  readonly margin?: number;
}

/** Adds up the terms of each example: `each` is how many labels an example has, `termOf` the term of one; undefined for one that is left out. */
export function plainTerms(labels: Tensor, each: number, termOf: (term: number) => PlainTerm | undefined): PlainTerms {
  const [examples] = labels.shape;
  const losses = new Float64Array(examples);
  const counts = new Float64Array(examples);
  const margins: number[] = [];
  for (let i = 0; i < examples; i++) {
    // What the sum so far has lost to rounding (Neumaier 1974), or it would be rounded as the graph's own.
    let [sum, lost] = [0, 0];
    for (let t = i * each; t < (i + 1) * each; t++) {
      const term = termOf(t);
      if (!term) continue;
      const { value, weight = 1, margin } = term;
      const next = sum + value;
      if (Number.isFinite(next)) lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
      counts[i] += weight;
      if (margin !== undefined) margins.push(margin);
    }
    losses[i] = sum + lost;
  }
  return { losses, counts, ...(margins.length > 0 && { margins: Float64Array.from(margins) }) };
}

/** Labels of an example. */
export function labelsEach({ shape }: Tensor): number {
  return sizeOf(shape.slice(1));
}

/** log(1 + eᶻ), without overflow, exact for z → −∞. */
export function plainSoftplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}
