import type { Value } from "../../graph/value.ts";
import { add, div, mul, neg, sub } from "../../ops/arithmetic.ts";
import { fullLike, zerosLike } from "../../ops/elementwise.ts";
import { cast, equal, greater, where } from "../../ops/logic.ts";
import { sumAll } from "../../ops/structure.ts";
import { exp, log, softplus } from "../../ops/unary.ts";
import { weigh } from "../../ops/weigh.ts";
import { sizeOf } from "../../util/tensor.ts";
import { elementLoss } from "./element-loss.ts";
import { labelError } from "./loss.ts";
import { plainSoftplus } from "./plain-terms.ts";

/** softplus(z) − y z; for y = 1 it is softplus(−z), which neither cancels for large z nor is ∞ − ∞ for an infinite one. */
function ofLogit(z: Value, y: Value): Value {
  return where(equal(y, 1), softplus(neg(z)), sub(softplus(z), weigh(y, z)));
}

/** y log p, and 0 where y is 0 whatever p is. */
function weighted(y: Value, p: Value): Value {
  return mul(y, log(where(equal(y, zerosLike(y)), fullLike(p, 1), p)));
}

/** softplus(z) − y z per logit, −y log p − (1 − y) log(1 − p) per probability: labels are 0, 1 or probabilities. */
export const binaryCrossEntropy = elementLoss({
  name: "bce",
  title: "binary cross-entropy",
  kinds: ["logits", "probabilities"],
  links: ["Sigmoid"],
  formula: String.raw`\ell = \log(1 + e^z) - y z`,
  term: (z, y, { outputKind }) =>
    outputKind === "probabilities" ? neg(add(weighted(y, z), weighted(sub(1, y), sub(1, z)))) : ofLogit(z, y),
  plain: (z, y, { outputKind }) => {
    const [ofOne, ofZero] =
      outputKind === "probabilities" ? [-Math.log(z), -Math.log1p(-z)] : [plainSoftplus(-z), plainSoftplus(z)];
    // What has no weight adds 0, be it infinite.
    return (y === 0 ? 0 : y * ofOne) + (y === 1 ? 0 : (1 - y) * ofZero);
  },
  margin: (z, y, { outputKind }) => {
    const above = outputKind === "probabilities" ? z - 0.5 : z;
    return y > 0.5 ? above : -above;
  },
  checkLabels: (labels, _outputs, _options, first) => {
    const each = sizeOf(labels.shape.slice(1));
    labels.data.forEach((label, i) => {
      if (label >= 0 && label <= 1) return;
      throw labelError(
        "label-outside-classes",
        `The label of example ${first + Math.floor(i / each)} is ${label}, but binary cross-entropy needs labels between 0 and 1.`,
      );
    });
  },
  correct: (z, y, { outputKind }) => {
    const guess = greater(z, outputKind === "probabilities" ? 0.5 : 0);
    return sumAll(cast(equal(cast(guess, z.dtype), cast(greater(y, 0.5), z.dtype)), z.dtype));
  },
  // E over y ~ Bernoulli(p) of (p − y)² = p(1 − p) in the logit, 1/(p(1 − p)) in p itself
  fisher: (z, tangent, { outputKind }) => {
    if (outputKind === "probabilities") return div(tangent, mul(z, sub(1, z)));
    // p(1 − p) = exp(−softplus(z) − softplus(−z)), where the runtime's float32 kernel of σ gives 0.
    return mul(exp(neg(add(softplus(z), softplus(neg(z))))), tangent);
  },
});
