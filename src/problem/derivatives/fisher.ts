import { sandwich } from "../../autodiff/products.ts";
import { mul } from "../../ops/arithmetic.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { Product } from "./derivative.ts";
import { requireOutputs } from "./require-outputs.ts";

/** F = Σ Jᵀ E_{y∼p(z)}[∂ℓ ∂ℓᵀ] J: the model's own labels, summed over classes exactly. */
export const fisherProduct: Product = {
  name: "fisher",
  summary: "Fisher information (the model's own labels)",
  symbol: "fv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => {
    requireOutputs(loss, "Fisher matrix");
    const { outputFisher } = loss.loss;
    if (!outputFisher) {
      throw new ThalwegError({
        kind: "input",
        code: "no-likelihood",
        message: `The loss ${loss.loss.title} is not the negative log-likelihood of a known distribution, so it has no Fisher matrix.`,
        hint: "Use gauss-newton or empirical-fisher.",
      });
    }
    return sandwich(loss.outputs, loss.parameters, vectors, (tangent) =>
      mul(outputFisher(loss.outputs, loss.labels, tangent, loss.options), loss.scale),
    );
  },
  regularised: "vector",
};
