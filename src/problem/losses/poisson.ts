import { mul, sub } from "../../ops/arithmetic.ts";
import { exp } from "../../ops/unary.ts";
import { weigh } from "../../ops/weigh.ts";
import { elementLoss } from "./element-loss.ts";
import { requireEach } from "./label-range.ts";

/** e^z − y z per output: the negative log-likelihood of counts y of rate λ = e^z, up to log y! (Nelder & Wedderburn 1972). */
export const poisson = elementLoss({
  name: "poisson",
  title: "Poisson",
  formula: String.raw`\ell = e^z - y z`,
  term: (z, y) => sub(exp(z), weigh(y, z)),
  plain: (z, y) => Math.exp(z) - (y === 0 ? 0 : y * z),
  checkLabels: requireEach((label) => label >= 0, "the Poisson loss needs counts, 0 or more"),
  // score e^z − y, and E (y − λ)² = λ
  fisher: (z, tangent) => mul(exp(z), tangent),
});
