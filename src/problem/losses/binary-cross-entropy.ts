import { mul, sub } from "../../ops/arithmetic.ts";
import { cast, equal, greater } from "../../ops/logic.ts";
import { sumAll } from "../../ops/structure.ts";
import { sigmoid, softplus } from "../../ops/unary.ts";
import { sizeOf } from "../../util/tensor.ts";
import { elementLoss } from "./element-loss.ts";
import { labelError } from "./loss.ts";

/** softplus(z) − y z per logit: labels are 0, 1 or probabilities. */
export const binaryCrossEntropy = elementLoss({
  name: "bce",
  title: "binary cross-entropy",
  links: ["Sigmoid"],
  formula: String.raw`\ell = \log(1 + e^z) - y z`,
  term: (z, y) => sub(softplus(z), mul(y, z)),
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
  correct: (z, y) => sumAll(cast(equal(cast(greater(z, 0), z.dtype), cast(greater(y, 0.5), z.dtype)), z.dtype)),
  // E over y ~ Bernoulli(p) of (p − y)² = p(1 − p)
  fisher: (z, tangent) => {
    const p = sigmoid(z);
    return mul(mul(p, sub(1, p)), tangent);
  },
});
