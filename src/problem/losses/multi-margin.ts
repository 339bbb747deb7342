import { z } from "zod";
import { add, mul } from "../../ops/arithmetic.ts";
import { not, where } from "../../ops/logic.ts";
import { relativeToClass } from "../../ops/relative-to-class.ts";
import { reduceSum } from "../../ops/structure.ts";
import { relu } from "../../ops/unary.ts";
import { sizeOf } from "../../util/tensor.ts";
import { counted, labelled } from "./class-labels.ts";
import { termMatrix } from "./class-layout.ts";
import { classLoss } from "./class-loss.ts";
import { parametricLoss } from "./parametric-loss.ts";
import { labelsEach, plainTerms } from "./plain-terms.ts";

/** Σ_{c≠y} max(0, m − z_y + z_c)^p / C per label: the multi-class hinge of Weston & Watkins (1999). */
export const multiMargin = parametricLoss(
  z.object({
    margin: z.number().positive().default(1).meta({ description: "m, by which the class of the label should lead" }),
    power: z.int().min(1).max(2).default(1).meta({ description: "p: 1, or 2 for squares" }),
  }),
  ({ margin, power }) =>
    classLoss({
      name: "multi-margin",
      title: `multi-class ${power === 2 ? "squared hinge" : "hinge"}${margin === 1 ? "" : ` (margin = ${margin})`}`,
      formula: String.raw`\ell = \tfrac1C \sum_{c \ne y} \max(0, m - z_y + z_c)${power === 2 ? "^2" : ""}`,
      takesDistributions: false,
      term: (outputs, y, layout, options) => {
        const label = labelled(y, layout, options);
        const short = relu(add(relativeToClass(termMatrix(outputs, layout), label, 1), margin));
        const others = where(label, 0, power === 2 ? mul(short, short) : short);
        const terms = mul(reduceSum(others, [1]), 1 / layout.classes);
        const counts = counted(y, layout, options);
        return counts ? where(not(counts), 0, terms) : terms;
      },
      plain: ({ data, shape }, labels, { axis, classes }, { ignoreIndex }) => {
        const step = sizeOf(shape.slice(axis + 1));
        return plainTerms(labels, labelsEach(labels), (t) => {
          const label = labels.data[t];
          if (label === ignoreIndex) return undefined;
          const start = Math.floor(t / step) * step * classes + (t % step);
          const own = data[start + label * step];
          let value = 0;
          let rival = Number.NEGATIVE_INFINITY;
          for (let c = 0; c < classes; c++) {
            if (c === label) continue;
            const other = data[start + c * step];
            value += Math.max(0, margin - own + other) ** power;
            rival = Math.max(rival, other);
          }
          return { value: value / classes, margin: own - rival };
        });
      },
      caveat:
        power === 2
          ? "The squared hinge loss has no second derivative where a class lies at the margin"
          : "The hinge loss has no derivative where a class lies at the margin, and no curvature in the outputs: its Gauss–Newton matrix is 0",
    }),
);
