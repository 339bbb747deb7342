import { sub } from "../../ops/arithmetic.ts";
import { abs } from "../../ops/unary.ts";
import { elementLoss } from "./element-loss.ts";

/** |z − y| per output: the negative log-likelihood of a Laplace distribution of scale 1, up to a constant. */
export const meanAbsoluteError = elementLoss({
  name: "mae",
  title: "mean absolute error",
  formula: String.raw`\ell = |z - y|`,
  term: (z, y) => abs(sub(z, y)),
  plain: (z, y) => Math.abs(z - y),
  // the score is ±1
  fisher: (_z, tangent) => tangent,
  drawn: (z, random) => z + (random.uniform() < 0.5 ? 1 : -1) * random.gamma(1),
  caveat: "The absolute error has no derivative at 0, and no curvature in the outputs: its Gauss–Newton matrix is 0",
});
