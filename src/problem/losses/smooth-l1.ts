import { z } from "zod";
import { mul, sub } from "../../ops/arithmetic.ts";
import { greater, where } from "../../ops/logic.ts";
import { abs } from "../../ops/unary.ts";
import { elementLoss } from "./element-loss.ts";
import { parametricLoss } from "./parametric-loss.ts";

/** r²/(2β) for |r| ≤ β, else |r| − ½β, with r = z − y: Huber's loss of δ = β, divided by β (Girshick 2015). */
export const smoothL1 = parametricLoss(
  z.object({
    beta: z.number().positive().default(1).meta({ description: "where it turns from quadratic to linear" }),
  }),
  ({ beta }) =>
    elementLoss({
      name: "smooth-l1",
      title: beta === 1 ? "smooth L1" : `smooth L1 (β = ${beta})`,
      formula: String.raw`\ell = r^2 / (2\beta) \text{ for } |r| \le \beta,\ |r| - \tfrac12\beta \text{ beyond}`,
      term: (outputs, y) => {
        const residual = sub(outputs, y);
        const size = abs(residual);
        return where(greater(size, beta), sub(size, beta / 2), mul(mul(residual, residual), 0.5 / beta));
      },
      plain: (output, y) => {
        const size = Math.abs(output - y);
        return size <= beta ? size ** 2 / (2 * beta) : size - beta / 2;
      },
      caveat: "The smooth L1 loss has no second derivative where the residual is ±β",
    }),
);
