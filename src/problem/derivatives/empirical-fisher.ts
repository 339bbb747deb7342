import { pullback } from "../../autodiff/pullback.ts";
import { pushforward } from "../../autodiff/pushforward.ts";
import { mul } from "../../ops/arithmetic.ts";
import type { Product } from "./derivative.ts";

/** (1/n) Σᵢ gᵢ gᵢᵀ with gᵢ the gradient of example i at its given label: v ↦ Jᵀ(J v)/n for J = ∂(ℓ₁, …, ℓ_B)/∂θ. */
export const empiricalFisherProduct: Product = {
  name: "empirical-fisher",
  summary: "empirical Fisher (uncentred covariance of per-example gradients, each summed over the example's terms)",
  symbol: "efv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => {
    const [tangent] = pushforward([loss.perExample], loss.parameters, vectors);
    return pullback([loss.perExample], [mul(tangent, loss.exampleScale)], loss.parameters);
  },
  remark:
    "The gradient of an example is that of the sum of its terms; it is not divided by their number, and the mean is over examples.",
  ofExamples: true,
};
