import type { LazyArray } from "../files/lazy-array.ts";
import type { MatchedArrays } from "./match-arrays.ts";

/** Names that the weights of examples have. */
const WEIGHT_NAME = /weights?$|^w$|^wt$/i;

/**
 * What is said of arrays that are neither labels nor fed to an input: one with a number for every example may have
 * been meant to count, others are the other parts of a file.
 *
 * @example
 * aboutUnread("train.npz", matched, 100).warnings; // ["train.npz holds sample_weight [100], which nothing reads: …"]
 */
export function aboutUnread(
  file: string,
  { unread }: Pick<MatchedArrays, "unread">,
  examples: number,
): { notes: string[]; warnings: string[] } {
  const isForExamples = ({ shape }: LazyArray) => shape[0] === examples;
  const shown = ({ name, shape }: LazyArray) => `${name} [${shape.join(", ")}]`;
  const warnings = unread.filter(isForExamples).map((array) => {
    const consequence = WEIGHT_NAME.test(array.name)
      ? "every example counts alike. For a weighted loss, export a model that computes it from the weights as an input, and give --loss output."
      : "no input of the model has its name, and it is not the labels.";
    return `${file} holds ${shown(array)}, as many as examples, which nothing reads: ${consequence}`;
  });
  const others = unread.filter((array) => !isForExamples(array)).map(shown);
  return { warnings, notes: others.length > 0 ? [`${file} holds ${others.join(", ")} too, which nothing reads.`] : [] };
}
