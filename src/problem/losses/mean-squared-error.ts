import { mul, sub } from "../../ops/arithmetic.ts";
import { elementLoss } from "./element-loss.ts";

/** (z − y)² per output: the negative log-likelihood of a Gaussian of variance ½, up to a constant. */
export const meanSquaredError = elementLoss({
  name: "mse",
  title: "mean squared error",
  formula: String.raw`\ell = (z - y)^2`,
  term: (z, y) => {
    const residual = sub(z, y);
    return mul(residual, residual);
  },
  plain: (z, y) => (z - y) ** 2,
  // score 2(z − y), and E (z − y)² = ½, so F = 4·½
  fisher: (_z, tangent) => mul(tangent, 2),
  drawn: (z, random) => z + Math.SQRT1_2 * random.normal(),
});
