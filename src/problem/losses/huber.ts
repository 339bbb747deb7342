import { z } from "zod";
import { mul, sub } from "../../ops/arithmetic.ts";
import { greater, where } from "../../ops/logic.ts";
import { abs } from "../../ops/unary.ts";
import { elementLoss } from "./element-loss.ts";
import { parametricLoss } from "./parametric-loss.ts";

/** ½r² for |r| ≤ δ, else δ(|r| − ½δ), with r = z − y (Huber 1964). */
export const huber = parametricLoss(
  z.object({
    delta: z.number().positive().default(1).meta({ description: "where it turns from quadratic to linear" }),
  }),
  ({ delta }) =>
    elementLoss({
      name: "huber",
      title: delta === 1 ? "Huber" : `Huber (δ = ${delta})`,
      formula: String.raw`\ell = \tfrac12 r^2 \text{ for } |r| \le \delta,\ \delta(|r| - \tfrac12\delta) \text{ beyond}`,
      term: (outputs, y) => {
        const residual = sub(outputs, y);
        const size = abs(residual);
        return where(greater(size, delta), mul(sub(size, delta / 2), delta), mul(mul(residual, residual), 0.5));
      },
      plain: (output, y) => {
        const size = Math.abs(output - y);
        return size <= delta ? size ** 2 / 2 : delta * (size - delta / 2);
      },
      caveat: "Huber's loss has no second derivative where the residual is ±δ",
    }),
);
