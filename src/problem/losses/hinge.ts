import { z } from "zod";
import { mul, sub } from "../../ops/arithmetic.ts";
import { cast, equal, greater, where } from "../../ops/logic.ts";
import { sumAll } from "../../ops/structure.ts";
import { relu } from "../../ops/unary.ts";
import { elementLoss } from "./element-loss.ts";
import { requireEach } from "./label-range.ts";
import { parametricLoss } from "./parametric-loss.ts";

/**
 * max(0, m − s z)^p per output, s the sign of the label: 1 for labels 1, −1 for labels −1 or 0 (Cortes & Vapnik 1995; its
 * square: Tang 2013).
 */
export const hinge = parametricLoss(
  z.object({
    margin: z.number().positive().default(1).meta({ description: "m, from which on a right output costs nothing" }),
    power: z.int().min(1).max(2).default(1).meta({ description: "p: 1, or 2 for the squared hinge" }),
  }),
  ({ margin, power }) =>
    elementLoss({
      name: "hinge",
      title: `${power === 2 ? "squared hinge" : "hinge"}${margin === 1 ? "" : ` (margin = ${margin})`}`,
      formula: String.raw`\ell = \max(0, m - s z)${power === 2 ? "^2" : ""},\ s = \pm 1`,
      term: (outputs, y) => {
        const short = relu(sub(margin, where(greater(y, 0), outputs, mul(outputs, -1))));
        return power === 2 ? mul(short, short) : short;
      },
      plain: (output, y) => Math.max(0, margin - (y > 0 ? output : -output)) ** power,
      margin: (output, y) => (y > 0 ? output : -output),
      correct: (outputs, y) =>
        sumAll(
          cast(equal(cast(greater(outputs, 0), outputs.dtype), cast(greater(y, 0), outputs.dtype)), outputs.dtype),
        ),
      checkLabels: requireEach(
        (label) => label === -1 || label === 0 || label === 1,
        "the hinge loss needs labels −1 and 1, or 0 and 1",
      ),
      caveat:
        power === 2
          ? "The squared hinge loss has no second derivative where an output lies at the margin"
          : "The hinge loss has no derivative where an output lies at the margin, and no curvature in the outputs: its Gauss–Newton matrix is 0",
    }),
);
