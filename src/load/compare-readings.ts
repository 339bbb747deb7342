import { formatNumber } from "../util/format-number.ts";
import { type LabelledRow, labelledRows, type LabelsBeside } from "./labelled-rows.ts";
import type { OutputSamples } from "./output-evidence.ts";
import { meanOf } from "../linalg/vector.ts";
import { sampleMean } from "../linalg/sample-mean.ts";
import { maxOf, minOf } from "../util/extremes.ts";

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
 */
export function compareReadings(
  axes: readonly number[],
  samples: OutputSamples,
  labels: LabelsBeside,
): ComparedReadings | undefined {
  const found = axes.map((axis) =>
    Array.from(labelledRows(axis, samples, labels), (rows) => meanOf(Float64Array.from(rows, crossEntropyOf))),
  );
  // An example none of whose labels count has no mean, on any axis.
  const told = found.map((terms) => terms.filter((term) => !Number.isNaN(term)));
  if (told.some((terms) => terms.length === 0 || terms.length !== told[0].length)) return undefined;
  const chance = Math.log(samples.shape[axes[0]]);
  const means = told.map((terms) => meanOf(Float64Array.from(terms)));
  const best = means.indexOf(minOf(means));
  const isApart = told.every((terms, i) => {
    if (i === best) return true;
    const { value, standardError } = sampleMean(Float64Array.from(terms, (term, k) => term - told[best][k]));
    return means[i] >= chance && value > APART * standardError;
  });
  const isTelling = told[best].length >= FEWEST && means[best] < TELLING * chance && isApart;
  const each = axes.map((axis, i) => `${formatNumber(means[i], 3)} with the classes on axis ${axis}`);
  return {
    decided: isTelling ? axes[best] : undefined,
    sentence: `On ${told[0].length} examples the mean cross-entropy is ${each.join(", ")}; guessing blindly gives ${formatNumber(chance, 3)}.`,
  };
}

function crossEntropyOf({ scores, target }: LabelledRow): number {
  const largest = maxOf(scores);
  const log = largest + Math.log(scores.reduce((sum, z) => sum + Math.exp(z - largest), 0));
  if (typeof target === "number") return log - scores[target];
  return target.reduce((sum, weight, c) => sum + weight * (log - scores[c]), 0);
}
