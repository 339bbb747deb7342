import { classLayouts } from "../problem/losses/class-layout.ts";
import { formatNumber } from "../util/format-number.ts";
import { type Shape, sizeOf } from "../util/tensor.ts";
import type { OutputSamples } from "./output-evidence.ts";

/** The outputs read as logits with the classes on one axis or another, beside the labels. */
export interface ComparedReadings {
  /** The axis on which the weights predict the labels better than chance, where on no other they do. */
  readonly decided: number | undefined;
  /** The likelihoods, in a sentence. */
  readonly sentence: string;
}

/** A reading that tells something has at most so much of the cross-entropy of guessing blindly. */
const TELLING = 0.8;
/** Standard errors between two readings that are told apart. */
const APART = 3;
const FEWEST = 5;

/**
 * Compares readings by the mean cross-entropy of each example looked at, −log softmax(z)_c: the weights were trained
 * to make it small on one of them. Undefined where no example has finite outputs and labels that count.
 *
 * @param labelsOf the labels of one example
 * @param labels their shape, examples first
 */
export function compareReadings(
  axes: readonly number[],
  samples: OutputSamples,
  labelsOf: (example: number) => ArrayLike<number>,
  labels: Shape,
): ComparedReadings | undefined {
  const found = axes.map((axis) => ({ axis, terms: termsOn(axis, samples, labelsOf, labels) }));
  if (found.some(({ terms }) => terms.length === 0 || !terms.every(Number.isFinite))) return undefined;
  const chance = Math.log(samples.shape[axes[0]]);
  const means = found.map(({ terms }) => mean(terms));
  const best = means.indexOf(Math.min(...means));
  const isApart = found.every(({ terms }, i) => {
    if (i === best) return true;
    const differences = terms.map((term, k) => term - found[best].terms[k]);
    return means[i] >= chance && mean(differences) > APART * standardError(differences);
  });
  const isTelling = found[best].terms.length >= FEWEST && means[best] < TELLING * chance && isApart;
  const each = found.map(({ axis }, i) => `${formatNumber(means[i], 3)} with the classes on axis ${axis}`);
  return {
    decided: isTelling ? axes[best] : undefined,
    sentence: `On ${found[0].terms.length} examples the mean cross-entropy is ${each.join(", ")}; guessing blindly gives ${formatNumber(chance, 3)}.`,
  };
}

/** The mean cross-entropy of each example. */
function termsOn(
  axis: number,
  { shape, batches, examples }: OutputSamples,
  labelsOf: (example: number) => ArrayLike<number>,
  labels: Shape,
): number[] {
  const layout = classLayouts(shape, [shape[0], ...labels.slice(1)]).find((each) => each.axis === axis);
  if (!layout) return [];
  const { classes, soft } = layout;
  const stride = sizeOf(shape.slice(axis + 1));
  const size = sizeOf(shape.slice(1));
  const rows = size / classes;
  return batches.flatMap((values, b) =>
    examples[b].flatMap((example, at) => {
      const y = labelsOf(example);
      let sum = 0;
      let counted = 0;
      for (let row = 0; row < rows; row++) {
        // Labels to leave out are no classes.
        if (!soft && !(y[row] >= 0 && y[row] < classes)) continue;
        counted++;
        const first = at * size + Math.floor(row / stride) * classes * stride + (row % stride);
        const z = Array.from({ length: classes }, (_, c) => values[first + c * stride]);
        const largest = Math.max(...z);
        const log = largest + Math.log(z.reduce((total, each) => total + Math.exp(each - largest), 0));
        if (!soft) sum += log - z[y[row]];
        else for (let c = 0; c < classes; c++) sum += y[first - at * size + c * stride] * (log - z[c]);
      }
      return counted === 0 ? [] : [sum / counted];
    }),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const square = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1);
  return Math.sqrt(square / values.length);
}
