import { z } from "zod";
import type { Value } from "../../graph/value.ts";
import { add, div, mul, neg, sub } from "../../ops/arithmetic.ts";
import { fullLike, zerosLike } from "../../ops/elementwise.ts";
import { cast, equal, greater, where } from "../../ops/logic.ts";
import { sumAll } from "../../ops/structure.ts";
import { exp, log, softplus } from "../../ops/unary.ts";
import { weigh } from "../../ops/weigh.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { constantRow } from "./constant-row.ts";
import { elementLoss } from "./element-loss.ts";
import { requireEach } from "./label-range.ts";
import type { Loss, LossOptions } from "./loss.ts";
import { numberList, parametricLoss, shownNumbers } from "./parametric-loss.ts";
import { plainSoftplus } from "./plain-terms.ts";

/** softplus(z) − y z; for y = 1 it is softplus(−z), which neither cancels for large z nor is ∞ − ∞ for an infinite one. */
function ofLogit(z: Value, y: Value): Value {
  return where(equal(y, 1), softplus(neg(z)), sub(softplus(z), weigh(y, z)));
}

/** y log p, and 0 where y is 0 whatever p is. */
function weighted(y: Value, p: Value): Value {
  return mul(y, log(where(equal(y, zerosLike(y)), fullLike(p, 1), p)));
}

/** p y softplus(−z) + (1 − y) softplus(z): labels 1 count p times; what has no weight adds 0, be it infinite. */
function ofLogitWeighed(z: Value, y: Value, weight: Value): Value {
  return add(mul(weight, weigh(y, softplus(neg(z)))), weigh(sub(1, y), softplus(z)));
}

function binaryCrossEntropyWith(weights: readonly number[]): Loss {
  const ofOnes = (place: number) => (weights.length === 0 ? 1 : weights[place % weights.length]);
  const isWeighed = weights.length > 0;
  return elementLoss({
    name: "bce",
    title: isWeighed ? `binary cross-entropy (weights of ones = ${shownNumbers(weights)})` : "binary cross-entropy",
    kinds: ["logits", "probabilities"],
    links: ["Sigmoid"],
    formula: isWeighed
      ? String.raw`\ell = w y \log(1 + e^{-z}) + (1 - y) \log(1 + e^z)`
      : String.raw`\ell = \log(1 + e^z) - y z`,
    unfit: (outputs) => {
      const last = outputs.length > 1 ? (outputs.at(-1) ?? 1) : 1;
      return weights.length <= 1 || weights.length === last
        ? undefined
        : `The loss has ${weights.length} weights of ones, but there are ${last} outputs along the last axis.`;
    },
    term: (z, y, { outputKind }) => {
      if (outputKind !== "probabilities")
        return isWeighed ? ofLogitWeighed(z, y, constantRow(z, weights)) : ofLogit(z, y);
      const ones = weighted(y, z);
      return neg(add(isWeighed ? mul(constantRow(z, weights), ones) : ones, weighted(sub(1, y), sub(1, z))));
    },
    plain: (z, y, { outputKind }, place) => {
      const [ofOne, ofZero] =
        outputKind === "probabilities" ? [-Math.log(z), -Math.log1p(-z)] : [plainSoftplus(-z), plainSoftplus(z)];
      // What has no weight adds 0, be it infinite.
      const weight = y * ofOnes(place);
      return (weight === 0 ? 0 : weight * ofOne) + (y === 1 ? 0 : (1 - y) * ofZero);
    },
    margin: (z, y, { outputKind }) => {
      const above = outputKind === "probabilities" ? z - 0.5 : z;
      return y > 0.5 ? above : -above;
    },
    checkLabels: requireEach((label) => label >= 0 && label <= 1, "binary cross-entropy needs labels between 0 and 1"),
    correct: (z, y, { outputKind }) => {
      const guess = greater(z, outputKind === "probabilities" ? 0.5 : 0);
      return sumAll(cast(equal(cast(guess, z.dtype), cast(greater(y, 0.5), z.dtype)), z.dtype));
    },
    // Labels that count unlike are none that the model could have drawn.
    ...(!isWeighed && { fisher, drawn }),
  });
}

/**
 * softplus(z) − y z per logit, −y log p − (1 − y) log(1 − p) per probability: labels are 0, 1 or probabilities. The
 * weights of ones multiply the part of labels 1.
 */
export const binaryCrossEntropy = parametricLoss(
  z.object({
    "pos-weight": numberList(z.number().min(0)).meta({
      description: "what labels 1 count, one number or one for each output, with commas between (default: as labels 0)",
    }),
  }),
  (values) => binaryCrossEntropyWith(values["pos-weight"]),
);

/** E over y ~ Bernoulli(p) of (p − y)² = p(1 − p) in the logit, 1/(p(1 − p)) in p itself, times a tangent. */
function fisher(z: Value, tangent: Value, { outputKind }: LossOptions): Value {
  if (outputKind === "probabilities") return div(tangent, mul(z, sub(1, z)));
  // p(1 − p) = exp(−softplus(z) − softplus(−z)), where the runtime's float32 kernel of σ gives 0.
  return mul(exp(neg(add(softplus(z), softplus(neg(z))))), tangent);
}

function drawn(z: number, random: RandomStream, { outputKind }: LossOptions): number {
  return Number(random.uniform() < (outputKind === "probabilities" ? z : 1 / (1 + Math.exp(-z))));
}
