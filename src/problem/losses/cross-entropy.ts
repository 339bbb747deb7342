import type { Value } from "../../graph/value.ts";
import { mul, neg, sub } from "../../ops/arithmetic.ts";
import { zerosLike } from "../../ops/elementwise.ts";
import { and, cast, equal, not, where } from "../../ops/logic.ts";
import { argMax, logSoftmax, softmax } from "../../ops/reduction.ts";
import { reduceSum, reshape, sumAll, transpose } from "../../ops/structure.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { isFloat, sizeOf, type Shape } from "../../util/tensor.ts";
import { classLayout, oneHot, termMatrix, type ClassLayout } from "./class-layout.ts";
import { labelError, type Loss, type LossOptions } from "./loss.ts";

function layoutOf(outputs: Shape, labels: Shape, soft: boolean): ClassLayout {
  const layout = classLayout(outputs, labels, soft);
  if (layout) return layout;
  throw new ThalwegError({
    kind: "internal",
    code: "loss-misfit",
    message: "Cross-entropy was built on outputs that do not fit the labels.",
  });
}

/** The target distributions, [terms, classes]. Rows of ignored labels are zero. */
function targets(z: Value, y: Value, layout: ClassLayout, { ignoreIndex }: LossOptions): Value {
  if (layout.soft) return termMatrix(reshape(y, z.shape), layout);
  const rows = oneHot(y, layout.classes, z);
  // A label outside the classes has no row anyway.
  if (ignoreIndex < 0 || ignoreIndex >= layout.classes) return rows;
  const ignored = equal(reshape(y, [sizeOf(y.shape), 1]), y.graph.scalar(ignoreIndex, y.dtype));
  return where(ignored, zerosLike(rows), rows);
}

function layoutFor(z: Value, y: Value): ClassLayout {
  return layoutOf(z.shape, y.shape, isFloat(y.dtype));
}

/** −Σ_c t_c log softmax(z)_c per label: class numbers or distributions over classes. */
export const crossEntropy: Loss = {
  name: "cross-entropy",
  title: "cross-entropy",
  links: ["Softmax", "LogSoftmax"],
  formula: String.raw`\ell = -\sum_c t_c \log \mathrm{softmax}(z)_c`,
  misfit: ({ outputs, labels, labelType }) => {
    if (classLayout(outputs, labels, isFloat(labelType))) return undefined;
    return `Cross-entropy needs one class number (or distribution) for each row of logits, but the outputs have the shape [${outputs.join(", ")}] and the labels [${labels.join(", ")}].`;
  },
  perExample: (z, y, options) => {
    const layout = layoutFor(z, y);
    const terms = neg(reduceSum(mul(targets(z, y, layout, options), logSoftmax(termMatrix(z, layout), 1)), [1]));
    const examples = y.shape[0];
    return reshape(reduceSum(reshape(terms, [examples, sizeOf(terms.shape) / examples]), [1]), [examples]);
  },
  terms: (labels, outputs, { ignoreIndex }) => {
    if (isFloat(labels.dtype)) return sizeOf(outputs) / layoutOf(outputs, labels.shape, true).classes;
    let count = 0;
    for (const label of labels.data) if (label !== ignoreIndex) count++;
    return count;
  },
  countTerms: (z, y, { ignoreIndex }) =>
    isFloat(y.dtype) ? undefined : sumAll(cast(not(equal(y, y.graph.scalar(ignoreIndex, y.dtype))), z.dtype)),
  checkLabels: (labels, outputs, { ignoreIndex }, first) => {
    if (isFloat(labels.dtype)) return;
    const { classes } = layoutOf(outputs, labels.shape, false);
    const each = sizeOf(labels.shape.slice(1));
    labels.data.forEach((label, i) => {
      if (label === ignoreIndex || (label >= 0 && label < classes)) return;
      throw labelError(
        "label-outside-classes",
        `The label of example ${first + Math.floor(i / each)} is ${label}, but the network has ${classes} classes (0 to ${classes - 1}).`,
        `Give labels from 0 to ${classes - 1}; --ignore-index marks labels to leave out.`,
      );
    });
  },
  correct: (z, y, { ignoreIndex }) => {
    const layout = layoutFor(z, y);
    const guess = argMax(termMatrix(z, layout), 1);
    const truth = layout.soft ? argMax(termMatrix(reshape(y, z.shape), layout), 1) : reshape(y, guess.shape);
    const right = equal(guess, truth);
    const counted = layout.soft ? right : and(right, not(equal(truth, y.graph.scalar(ignoreIndex, truth.dtype))));
    return sumAll(cast(counted, z.dtype));
  },
  // E over the model's own labels of (e_c − p)(e_c − p)ᵀ = diag(p) − ppᵀ, for every label that counts.
  outputFisher: (z, y, tangent, options) => {
    const layout = layoutFor(z, y);
    const p = softmax(termMatrix(z, layout), 1);
    const pt = mul(p, termMatrix(tangent, layout));
    const product = sub(pt, mul(p, reduceSum(pt, [1])));
    const weight = reduceSum(targets(z, y, layout, options), [1]);
    return restore(mul(product, weight), z, layout);
  },
};

/** The inverse of {@link termMatrix}. */
function restore(matrix: Value, z: Value, layout: ClassLayout): Value {
  if (layout.axis === z.shape.length - 1) return reshape(matrix, z.shape);
  const [examples, classes, ...rest] = z.shape;
  const positions = sizeOf(rest);
  return reshape(transpose(reshape(matrix, [examples, positions, classes]), [0, 2, 1]), z.shape);
}
