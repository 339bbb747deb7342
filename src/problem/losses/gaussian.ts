import { z } from "zod";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { elementLoss } from "./element-loss.ts";
import { parametricLoss } from "./parametric-loss.ts";

/** ½((z − y)²/σ² + log σ²) per output: the negative log-likelihood of a Gaussian of variance σ² around z, up to ½ log 2π. */
export const gaussian = parametricLoss(
  z.object({
    variance: z.number().positive().default(1).meta({ description: "σ² of the Gaussian around each output" }),
  }),
  ({ variance }) => {
    const level = Math.log(variance) / 2;
    return elementLoss({
      name: "gaussian",
      title: variance === 1 ? "Gaussian" : `Gaussian (σ² = ${variance})`,
      formula: String.raw`\ell = \tfrac12 ((z - y)^2 / \sigma^2 + \log \sigma^2)`,
      term: (outputs, y) => {
        const residual = sub(outputs, y);
        const square = mul(mul(residual, residual), 0.5 / variance);
        return level === 0 ? square : add(square, level);
      },
      plain: (output, y) => (output - y) ** 2 / (2 * variance) + level,
      // score (z − y)/σ², and E (z − y)² = σ²
      fisher: (_z, tangent) => mul(tangent, 1 / variance),
      drawn: (output, random) => output + Math.sqrt(variance) * random.normal(),
    });
  },
);
