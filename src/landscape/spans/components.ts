import { noNormalization } from "../normalizations/none.ts";
import { principalComponents } from "../principal-components.ts";
import { inputError } from "../../files/input-error.ts";
import { formatShare } from "../../util/format-number.ts";
import { doubtsOf, listed, NO_MARKS, type Span } from "./span.ts";

/**
 * Principal components of checkpoints, of unit length, through the weights of the model. The variance that they explain is
 * that of the checkpoints about their mean.
 */
export const componentsSpan: Span = {
  name: "pca",
  usage: "pca:'checkpoints/*.safetensors'",
  summary: "principal components of checkpoints, of unit length, through the weights of the model",
  parse(text) {
    const words = listed(text);
    return words.includes("") ? undefined : words;
  },
  files: (words) => words,
  isCostly: true,
  usual: noNormalization,
  open({ weightsOf }, words, axes) {
    const checkpoints = words.map(weightsOf);
    const found = principalComponents(checkpoints.map(({ theta }) => theta));
    if (found.vectors.length < axes) {
      throw inputError(
        "too-few-checkpoints",
        `${checkpoints.length === 1 ? "1 checkpoint spans" : `${checkpoints.length} checkpoints span`} ${found.vectors.length} directions, and ${axes} ${axes === 1 ? "is" : "are"} needed.`,
        { file: words[0] },
        `Give ${axes + 1} checkpoints or more that differ.`,
      );
    }
    const shares = found.variances.map((variance) => variance / found.total);
    return Promise.resolve({
      ...NO_MARKS,
      vectors: found.vectors.slice(0, axes),
      titles: Array.from(
        { length: axes },
        (_, i) => `principal component ${i + 1} (${formatShare(shares[i])} of the variance), distance`,
      ),
      marks: checkpoints.map((each) => ({ name: each.name(), theta: each.theta })),
      notes: [
        `Of the variance of ${checkpoints.length} checkpoints about their mean, the axes hold ${shares
          .slice(0, axes)
          .map((share) => formatShare(share))
          .join(
            " and ",
          )}. The axes pass through the weights of the model; where a checkpoint is drawn is its nearest point.`,
        ...NOT_RANDOM_WALK,
      ],
      warnings: doubtsOf(checkpoints),
    });
  },
};

/** What such a share is worth (Antognini & Sohl-Dickstein 2018). */
const NOT_RANDOM_WALK = [
  "A large share is no sign of a simple path: the first two components of a random walk of many steps hold 61 % and 15 % of its variance.",
];
