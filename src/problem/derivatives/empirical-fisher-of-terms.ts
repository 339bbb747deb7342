import { pullback } from "../../autodiff/pullback.ts";
import { pushforward } from "../../autodiff/pushforward.ts";
import { mul } from "../../ops/arithmetic.ts";
import type { Product } from "./derivative.ts";

/** Σₜ gₜ gₜᵀ, divided as the loss is, with gₜ the gradient of a single term: of one label, or of one output where outputs are compared. */
export const termFisherProduct: Product = {
  name: "empirical-fisher-of-terms",
  summary: "empirical Fisher by terms of the loss (uncentred covariance of the gradients of single terms)",
  symbol: "tfv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => {
    const [tangent] = pushforward([loss.perTerm], loss.parameters, vectors);
    return pullback([loss.perTerm], [mul(tangent, loss.scale)], loss.parameters);
  },
  remark:
    "A term is what the mean of the loss goes over: one for each label, or for each output where outputs are compared with targets. Where every example has a single term, all terms count alike and the loss is a mean, it is the empirical Fisher.",
  ofExamples: true,
};
