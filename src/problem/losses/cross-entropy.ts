import { z } from "zod";
import type { Value } from "../../graph/value.ts";
import { add, div, mul, neg, sub } from "../../ops/arithmetic.ts";
import { fullLike, zerosLike } from "../../ops/elementwise.ts";
import { and, cast, equal, not, where } from "../../ops/logic.ts";
import { negativeLogLikelihood } from "../../ops/negative-log-likelihood.ts";
import { argMax, softmax } from "../../ops/reduction.ts";
import { markClasses, relativeToClass } from "../../ops/relative-to-class.ts";
import { reduceSum, reshape, sumAll, transpose } from "../../ops/structure.ts";
import { exp, log } from "../../ops/unary.ts";
import { weigh } from "../../ops/weigh.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { isFloat, sizeOf, type Shape } from "../../util/tensor.ts";
import { classLayout, termMatrix, type ClassLayout } from "./class-layout.ts";
import { labelError, type Loss, type LossOptions } from "./loss.ts";
import { parametricLoss } from "./parametric-loss.ts";
import { plainCrossEntropy } from "./plain-cross-entropy.ts";

function layoutOf(outputs: Shape, labels: Shape, { classAxis }: LossOptions): ClassLayout {
  const layout = classLayout(outputs, labels, classAxis);
  if (layout) return layout;
  throw new ThalwegError({
    kind: "internal",
    code: "loss-misfit",
    message: "Cross-entropy was built on outputs that do not fit the labels.",
  });
}

/** How much of each label is spread evenly over the classes, 0 for none: ε of (1 − ε)t + ε/C (Szegedy et al. 2016). */
type Smoothing = number;

/** Distributions over classes as they are given, [terms, classes]. */
function distributions(z: Value, y: Value, layout: ClassLayout): Value {
  return termMatrix(cast(reshape(y, z.shape), z.dtype), layout);
}

/** Which terms count, [terms, 1]: all but those of ignored labels. */
function counted(y: Value, layout: ClassLayout, { ignoreIndex }: LossOptions): Value | undefined {
  // A label outside the classes has no row in the first place, unless its probability were asked for.
  if (layout.soft) return undefined;
  return not(equal(reshape(y, [sizeOf(y.shape), 1]), y.graph.scalar(ignoreIndex, y.dtype)));
}

/** The class of each label that counts, marked in [terms, classes]. */
function labelled(y: Value, layout: ClassLayout, options: LossOptions): Value {
  const { ignoreIndex } = options;
  const marked = markClasses(reshape(y, [sizeOf(y.shape), 1]), layout.classes, 1);
  const counts = counted(y, layout, options);
  // A label outside the classes has no row anyway.
  return !counts || ignoreIndex < 0 || ignoreIndex >= layout.classes ? marked : and(marked, counts);
}

/** The target distributions, [terms, classes]. Rows of ignored labels are zero. */
function targets(z: Value, y: Value, layout: ClassLayout, options: LossOptions): Value {
  return layout.soft ? distributions(z, y, layout) : cast(labelled(y, layout, options), z.dtype);
}

/** The same with a part of each spread over all classes. */
function smoothed(t: Value, y: Value, layout: ClassLayout, options: LossOptions, smoothing: Smoothing): Value {
  if (smoothing === 0) return t;
  const counts = counted(y, layout, options);
  const even = smoothing / layout.classes;
  return add(mul(t, 1 - smoothing), counts ? mul(cast(counts, t.dtype), even) : even);
}

function layoutFor(z: Value, y: Value, options: LossOptions): ClassLayout {
  return layoutOf(z.shape, y.shape, options);
}

/** The largest of each row, marked: the first where several are. */
function largest(matrix: Value): Value {
  return markClasses(argMax(matrix, 1), matrix.shape[1], 1);
}

/** −Σ_c t_c log softmax(z)_c in [terms, 1], relative to the class of the label, or to the likeliest of a distribution. */
function ofLogits(z: Value, y: Value, layout: ClassLayout, options: LossOptions, smoothing: Smoothing): Value {
  const matrix = termMatrix(z, layout);
  if (!layout.soft) {
    const label = labelled(y, layout, options);
    const sharp = negativeLogLikelihood(matrix, label, 1);
    // Σ_c −log p_c /C is that of the label less the mean of z_c − z_label.
    const even = smoothing / layout.classes;
    const terms = smoothing === 0 ? sharp : sub(sharp, mul(reduceSum(relativeToClass(matrix, label, 1), [1]), even));
    const counts = counted(y, layout, options);
    return counts ? where(counts, terms, 0) : terms;
  }
  const t = smoothed(distributions(z, y, layout), y, layout, options, smoothing);
  const reference = largest(t);
  const ofReference = mul(reduceSum(t, [1]), negativeLogLikelihood(matrix, reference, 1));
  return sub(ofReference, reduceSum(weigh(t, relativeToClass(matrix, reference, 1)), [1]));
}

/** −Σ_c t_c log p_c in [terms, 1]; a class without weight adds 0 whatever its probability, so that 0 · log 0 is 0. */
function ofProbabilities(z: Value, t: Value, layout: ClassLayout, kind: "probabilities" | "log-probabilities"): Value {
  const matrix = termMatrix(z, layout);
  const weighs = not(equal(t, zerosLike(t)));
  const logs =
    kind === "log-probabilities"
      ? where(weighs, matrix, zerosLike(matrix))
      : log(where(weighs, matrix, fullLike(matrix, 1)));
  return neg(reduceSum(weigh(t, logs), [1]));
}

function crossEntropyWith(smoothing: Smoothing): Loss {
  return {
    name: "cross-entropy",
    title: smoothing === 0 ? "cross-entropy" : `cross-entropy (smoothing = ${smoothing})`,
    hasClasses: true,
    kinds: ["logits", "log-probabilities", "probabilities"],
    links: ["Softmax", "LogSoftmax"],
    formula:
      smoothing === 0
        ? String.raw`\ell = -\sum_c t_c \log \mathrm{softmax}(z)_c`
        : String.raw`\ell = -\sum_c ((1 - \varepsilon) t_c + \varepsilon / C) \log \mathrm{softmax}(z)_c`,
    misfit: ({ outputs, labels, labelType, classAxis }) => {
      const layout = classLayout(outputs, labels, classAxis);
      if (layout && (layout.soft || !isFloat(labelType))) return undefined;
      const axis = classAxis === undefined ? "" : ` with the classes on axis ${classAxis}`;
      return `Cross-entropy needs one class number (or distribution) for each row of logits${axis}, but the outputs have the shape [${outputs.join(", ")}] and the labels [${labels.join(", ")}].`;
    },
    perExample: (z, y, options) => {
      const layout = layoutFor(z, y, options);
      const terms =
        options.outputKind === "probabilities" || options.outputKind === "log-probabilities"
          ? ofProbabilities(
              z,
              smoothed(targets(z, y, layout, options), y, layout, options, smoothing),
              layout,
              options.outputKind,
            )
          : ofLogits(z, y, layout, options, smoothing);
      const examples = y.shape[0];
      return reshape(reduceSum(reshape(terms, [examples, sizeOf(terms.shape) / examples]), [1]), [examples]);
    },
    evaluate: (outputs, labels, options) =>
      plainCrossEntropy(outputs, labels, layoutOf(outputs.shape, labels.shape, options), options, smoothing),
    terms: (labels, outputs, options) => {
      const { classes, soft } = layoutOf(outputs, labels.shape, options);
      if (soft) return sizeOf(outputs) / classes;
      let count = 0;
      for (const label of labels.data) if (label !== options.ignoreIndex) count++;
      return count;
    },
    countTerms: (z, y, options) => {
      const counts = counted(y, layoutFor(z, y, options), options);
      return counts && sumAll(cast(counts, z.dtype));
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
      const layout = layoutFor(z, y, options);
      const guess = argMax(termMatrix(z, layout), 1);
      const truth = layout.soft ? argMax(distributions(z, y, layout), 1) : reshape(y, guess.shape);
      const right = equal(guess, truth);
      const counts = counted(y, layout, options);
      return sumAll(cast(counts ? and(right, counts) : right, z.dtype));
    },
    // Smoothed labels are none that the model could have drawn.
    ...(smoothing === 0 && { outputFisher }),
  };
}

/**
 * −Σ_c t_c log p_c per label, p the softmax of logits or as the network gives it: class numbers or distributions over
 * classes.
 */
export const crossEntropy = parametricLoss(
  z.object({
    smoothing: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .meta({ description: "share of each label that is spread evenly over the classes" }),
  }),
  ({ smoothing }) => crossEntropyWith(smoothing),
);

/**
 * E over the model's own labels of ∂ℓ∂ℓᵀ for every label that counts: diag(p) − ppᵀ in logits, diag(p) in
 * log-probabilities, diag(1/p) in probabilities.
 */
function outputFisher(z: Value, y: Value, tangent: Value, options: LossOptions): Value {
  const layout = layoutFor(z, y, options);
  const matrix = termMatrix(z, layout);
  const moved = termMatrix(tangent, layout);
  const weight = reduceSum(targets(z, y, layout, options), [1]);
  const { outputKind } = options;
  if (outputKind === "log-probabilities") return restore(mul(mul(exp(matrix), moved), weight), z, layout);
  if (outputKind === "probabilities") return restore(mul(div(moved, matrix), weight), z, layout);
  // A move of all logits alike changes nothing: relative to the likeliest class, no two numbers cancel.
  const p = softmax(matrix, 1);
  const pt = mul(p, relativeToClass(moved, largest(matrix), 1));
  const product = sub(pt, mul(p, reduceSum(pt, [1])));
  return restore(mul(product, weight), z, layout);
}

/** The inverse of {@link termMatrix}. */
function restore(matrix: Value, z: Value, layout: ClassLayout): Value {
  const last = z.shape.length - 1;
  if (layout.axis === last) return reshape(matrix, z.shape);
  const others = z.shape.map((_, axis) => axis).filter((axis) => axis !== layout.axis);
  const moved = reshape(matrix, [...others.map((axis) => z.shape[axis]), layout.classes]);
  return transpose(
    moved,
    z.shape.map((_, axis) => (axis === layout.axis ? last : others.indexOf(axis))),
  );
}
