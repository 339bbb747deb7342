import { z } from "zod";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { relu } from "../../ops/unary.ts";
import { elementLoss } from "./element-loss.ts";
import { parametricLoss } from "./parametric-loss.ts";

/** τ max(r, 0) + (1 − τ) max(−r, 0) with r = y − z: least where z is the τ-quantile of y (Koenker & Bassett 1978). */
export const pinball = parametricLoss(
  z.object({
    quantile: z.number().gt(0).lt(1).default(0.5).meta({ description: "τ, the quantile that the outputs estimate" }),
  }),
  ({ quantile }) =>
    elementLoss({
      name: "pinball",
      title: `pinball (τ = ${quantile})`,
      formula: String.raw`\ell = \tau \max(y - z, 0) + (1 - \tau) \max(z - y, 0)`,
      term: (outputs, y) => add(mul(relu(sub(y, outputs)), quantile), mul(relu(sub(outputs, y)), 1 - quantile)),
      plain: (output, y) => (y > output ? quantile * (y - output) : (1 - quantile) * (output - y)),
      caveat:
        "The pinball loss has no derivative where the residual is 0, and no curvature in the outputs: its Gauss–Newton matrix is 0",
    }),
);
