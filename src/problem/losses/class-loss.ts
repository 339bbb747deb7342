import type { Value } from "../../graph/value.ts";
import { mul } from "../../ops/arithmetic.ts";
import { and, cast, equal } from "../../ops/logic.ts";
import { argMax } from "../../ops/reduction.ts";
import { reduceSum, reshape, sumAll } from "../../ops/structure.ts";
import { isFloat, sizeOf, type Tensor } from "../../util/tensor.ts";
import { capitalized } from "../../util/capitalized.ts";
import { constantRow } from "./constant-row.ts";
import { counted, distributions, labelled, layoutOf } from "./class-labels.ts";
import { classLayout, termMatrix, type ClassLayout } from "./class-layout.ts";
import { labelError, type Loss, type LossOptions } from "./loss.ts";
import type { PlainTerms } from "./plain-terms.ts";

/** Losses whose labels are classes: one term for each label, of a row of outputs with one number for each class. */
export function classLoss(
  rules: Pick<
    Loss,
    "name" | "title" | "formula" | "caveat" | "kinds" | "links" | "outputFisher" | "draw" | "hasWeightlessLosses"
  > & {
    /** Whether labels may be distributions over the classes. */
    readonly takesDistributions: boolean;
    /** What a label of each class counts in a mean; absent where all count alike. */
    readonly weights?: readonly number[];
    /** The term of each label, [terms, 1]; 0 for labels that are ignored. */
    term(z: Value, y: Value, layout: ClassLayout, options: LossOptions): Value;
    /** The same by definition, in float64. */
    plain(outputs: Tensor, labels: Tensor, layout: ClassLayout, options: LossOptions): PlainTerms;
  },
): Loss {
  const { takesDistributions, weights, term, plain, ...rest } = rules;
  const rows = (z: Value, y: Value, options: LossOptions) => layoutOf(z.shape, y.shape, options);
  const predictions: Loss["terms"] = (labels, outputs, options) => {
    const { classes, soft } = layoutOf(outputs, labels.shape, options);
    if (soft) return sizeOf(outputs) / classes;
    let count = 0;
    for (const label of labels.data) if (label !== options.ignoreIndex) count++;
    return count;
  };
  return {
    ...rest,
    hasClasses: true,
    misfit: ({ outputs, labels, labelType, classAxis }) => {
      const layout = classLayout(outputs, labels, classAxis);
      const fits = layout && (layout.soft ? takesDistributions : !isFloat(labelType));
      if (fits) {
        if (weights === undefined || weights.length === layout.classes) return undefined;
        return `The loss has ${weights.length} weights, but there are ${layout.classes} classes.`;
      }
      const axis = classAxis === undefined ? "" : ` with the classes on axis ${classAxis}`;
      const label = `one class number${takesDistributions ? " (or distribution)" : ""}`;
      return `${capitalized(rules.title)} needs ${label} for each row of logits${axis}, but the outputs have the shape [${outputs.join(", ")}] and the labels [${labels.join(", ")}].`;
    },
    perTerm: (z, y, options) => term(z, y, rows(z, y, options), options),
    evaluate: (outputs, labels, options) =>
      plain(outputs, labels, layoutOf(outputs.shape, labels.shape, options), options),
    predictions,
    terms: (labels, outputs, options) => {
      const { soft } = layoutOf(outputs, labels.shape, options);
      if (soft || weights === undefined) return predictions(labels, outputs, options);
      let total = 0;
      for (const label of labels.data) if (label !== options.ignoreIndex) total += weights[label] ?? 0;
      return total;
    },
    countTerms: (z, y, options) => {
      const layout = rows(z, y, options);
      const counts = counted(y, layout, options);
      if (!counts) return undefined;
      return sumAll(weights ? weightsOfLabels(z, labelled(y, layout, options), weights) : cast(counts, z.dtype));
    },
    checkLabels: (labels, outputs, options, first) => {
      const { classes, soft } = layoutOf(outputs, labels.shape, options);
      if (soft) return;
      const each = sizeOf(labels.shape.slice(1));
      labels.data.forEach((label, i) => {
        if (label === options.ignoreIndex || (label >= 0 && label < classes)) return;
        throw labelError(
          "label-outside-classes",
          `The label of example ${first + Math.floor(i / each)} is ${label}, but the network has ${classes} classes (0 to ${classes - 1}).`,
          `Give labels from 0 to ${classes - 1}; --ignore-index marks labels to leave out.`,
        );
      });
    },
    correct: (z, y, options) => {
      const layout = rows(z, y, options);
      const guess = argMax(termMatrix(z, layout), 1);
      const truth = layout.soft ? argMax(distributions(z, y, layout), 1) : reshape(y, guess.shape);
      const right = equal(guess, truth);
      const counts = counted(y, layout, options);
      return sumAll(cast(counts ? and(right, counts) : right, z.dtype));
    },
  };
}

/** The weight of the class that is marked in each row of [terms, classes], as [terms, 1]; 0 where none is. */
export function weightsOfLabels(z: Value, marked: Value, weights: readonly number[]): Value {
  return reduceSum(mul(cast(marked, z.dtype), constantRow(z, weights)), [1]);
}
