import { z } from "zod";
import type { Value } from "../../graph/value.ts";
import { add, div, mul, neg, sub } from "../../ops/arithmetic.ts";
import { fullLike, zerosLike } from "../../ops/elementwise.ts";
import { cast, equal, not, where } from "../../ops/logic.ts";
import { negativeLogLikelihood } from "../../ops/negative-log-likelihood.ts";
import { argMax, softmax } from "../../ops/reduction.ts";
import { markClasses, relativeToClass } from "../../ops/relative-to-class.ts";
import { reduceSum, reshape, transpose } from "../../ops/structure.ts";
import { exp, log } from "../../ops/unary.ts";
import { weigh } from "../../ops/weigh.ts";
import { counted, distributions, labelled, layoutOf } from "./class-labels.ts";
import { termMatrix, type ClassLayout } from "./class-layout.ts";
import { classLoss, weightsOfLabels } from "./class-loss.ts";
import { constantRow } from "./constant-row.ts";
import { drawClasses } from "./draw-classes.ts";
import type { Loss, LossOptions } from "./loss.ts";
import { numberList, parametricLoss, shownNumbers } from "./parametric-loss.ts";
import { plainCrossEntropy } from "./plain-cross-entropy.ts";

/** What the labels count for. */
interface Weighing {
  /** How much of each label is spread evenly over the classes, 0 for none: ε of (1 − ε)t + ε/C (Szegedy et al. 2016). */
  readonly smoothing: number;
  /** What the loss of each class is multiplied by, or empty where all count alike. */
  readonly weights: readonly number[];
}

/** The target distributions, [terms, classes]. Rows of ignored labels are zero. */
function targets(z: Value, y: Value, layout: ClassLayout, options: LossOptions): Value {
  return layout.soft ? distributions(z, y, layout) : cast(labelled(y, layout, options), z.dtype);
}

/** What each class counts for in each term: the targets, with a part of each spread over all classes, times the classes' weights. */
function weighed(
  t: Value,
  y: Value,
  layout: ClassLayout,
  options: LossOptions,
  { smoothing, weights }: Weighing,
): Value {
  let whole = t;
  if (smoothing > 0) {
    const counts = counted(y, layout, options);
    const even = smoothing / layout.classes;
    whole = add(mul(t, 1 - smoothing), counts ? mul(cast(counts, t.dtype), even) : even);
  }
  return weights.length === 0 ? whole : mul(whole, constantRow(t, weights));
}

/** The largest of each row, marked: the first where several are. */
function largest(matrix: Value): Value {
  return markClasses(argMax(matrix, 1), matrix.shape[1], 1);
}

/** −Σ_c w_c t_c log softmax(z)_c in [terms, 1], relative to the class of the label, or to the likeliest of a distribution. */
function ofLogits(z: Value, y: Value, layout: ClassLayout, options: LossOptions, weighing: Weighing): Value {
  const matrix = termMatrix(z, layout);
  if (!layout.soft) {
    const terms = ofClasses(matrix, y, layout, options, weighing);
    const counts = counted(y, layout, options);
    return counts ? where(counts, terms, 0) : terms;
  }
  const t = weighed(distributions(z, y, layout), y, layout, options, weighing);
  const reference = largest(t);
  const ofReference = mul(reduceSum(t, [1]), negativeLogLikelihood(matrix, reference, 1));
  return sub(ofReference, reduceSum(weigh(t, relativeToClass(matrix, reference, 1)), [1]));
}

/**
 * ((1 − ε) w_y + ε Σw/C) ℓ_y − (ε/C) Σ_c w_c (z_c − z_y) with ℓ_y = −log p_y: every −log p_c is that of the label less
 * z_c − z_y.
 */
function ofClasses(
  matrix: Value,
  y: Value,
  layout: ClassLayout,
  options: LossOptions,
  { smoothing, weights }: Weighing,
): Value {
  const label = labelled(y, layout, options);
  const sharp = negativeLogLikelihood(matrix, label, 1);
  if (smoothing === 0 && weights.length === 0) return sharp;
  const even = smoothing / layout.classes;
  const relative = relativeToClass(matrix, label, 1);
  if (weights.length === 0) return sub(sharp, mul(reduceSum(relative, [1]), even));
  const own = weightsOfLabels(matrix, label, weights);
  if (smoothing === 0) return weigh(own, sharp);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const others = mul(reduceSum(mul(relative, constantRow(matrix, weights)), [1]), even);
  return sub(mul(add(mul(own, 1 - smoothing), even * all), sharp), others);
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

function crossEntropyWith(weighing: Weighing): Loss {
  const { smoothing, weights } = weighing;
  const isPlain = smoothing === 0 && weights.length === 0;
  const said = [
    smoothing > 0 && `smoothing = ${smoothing}`,
    weights.length > 0 && `weights = ${shownNumbers(weights)}`,
  ].filter(Boolean);
  const target = smoothing === 0 ? "t_c" : String.raw`((1 - \varepsilon) t_c + \varepsilon / C)`;
  return classLoss({
    name: "cross-entropy",
    title: said.length === 0 ? "cross-entropy" : `cross-entropy (${said.join(", ")})`,
    kinds: ["logits", "log-probabilities", "probabilities"],
    links: ["Softmax", "LogSoftmax"],
    formula: String.raw`\ell = -\sum_c ${weights.length > 0 ? "w_c " : ""}${target} \log \mathrm{softmax}(z)_c`,
    takesDistributions: true,
    ...(weights.length > 0 && { weights }),
    hasWeightlessLosses: smoothing > 0 && weights.includes(0),
    term: (z, y, layout, options) => {
      const { outputKind } = options;
      return outputKind === "probabilities" || outputKind === "log-probabilities"
        ? ofProbabilities(z, weighed(targets(z, y, layout, options), y, layout, options, weighing), layout, outputKind)
        : ofLogits(z, y, layout, options, weighing);
    },
    plain: (outputs, labels, layout, options) => plainCrossEntropy(outputs, labels, layout, options, weighing),
    // Labels that are smoothed, or count unlike, are none that the model could have drawn.
    ...(isPlain && { outputFisher, draw: drawClasses }),
  });
}

/**
 * −Σ_c w_c t_c log p_c per label, p the softmax of logits or as the network gives it: class numbers or distributions
 * over classes. The mean over class numbers divides by the sum of their weights.
 */
export const crossEntropy = parametricLoss(
  z.object({
    smoothing: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .meta({ description: "share of each label that is spread evenly over the classes" }),
    weights: numberList(z.number().min(0)).meta({
      description: "what the loss of each class is multiplied by, with commas between (default: all alike)",
    }),
  }),
  crossEntropyWith,
);

/**
 * E over the model's own labels of ∂ℓ∂ℓᵀ for every label that counts: diag(p) − ppᵀ in logits, diag(p) in
 * log-probabilities, diag(1/p) in probabilities.
 */
function outputFisher(z: Value, y: Value, tangent: Value, options: LossOptions): Value {
  const layout = layoutOf(z.shape, y.shape, options);
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
