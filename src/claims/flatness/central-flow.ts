import { z } from "zod";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

/** Slope c of the loss along y, by how much z counts in the sharpness y + kz, and the step size. */
const [C, K, LR] = [0.02, 1, 0.1];
const EDGE = 2 / LR;
/** Where walks begin: below the edge, off the floor of the valley. */
const START = Float64Array.of(0.1, 0.9 * EDGE, 0);
/** Steps of a walk; it reaches the edge after about a thousand. */
const STEPS = 20_000;
const [BELOW, LATE] = [900, 10_000];

/** (y + kz) ln cosh x − cy: a valley whose floor x = 0 falls along y, and becomes sharper as it does. */
const on: Objective = {
  dimension: 3,
  value: ([x, y, z]) => (y + K * z) * Math.log(Math.cosh(x)) - C * y,
  gradient([x, y, z], into) {
    const height = Math.log(Math.cosh(x));
    into[0] = (y + K * z) * Math.tanh(x);
    into[1] = height - C;
    into[2] = K * height;
  },
  hessianVector([x, y, z], v, into) {
    const slope = Math.tanh(x);
    into[0] = (y + K * z) * (1 - slope * slope) * v[0] + slope * (v[1] + K * v[2]);
    into[1] = slope * v[0];
    into[2] = K * slope * v[0];
  },
};

export const centralFlow = defineClaim({
  id: "F16",
  topic: "flatness",
  statement: "With a step that is small enough to train, gradient descent follows the gradient flow.",
  says: "rival",
  law: "once the sharpness S is 2/η, it stays there: the mean of x² is σ² = 2⟨−∇L, ∇S⟩/‖∇S‖² across the valley, of 2 ln cosh x here, and the walk follows −∇L − ½σ²∇S on the mean, the flow projected on S = 2/η",
  rival: "its mean follows −∇L, and the sharpness goes on rising",
  condition: "the sharpness is below 2/η",
  source:
    "Cohen et al. 2025, central flow of gradient descent; here σ² and both speeds are one number, and exact as soon as the sharpness stays, which is what is measured",
  why: "Below the edge of stability it does, and steps that bounce look as if they cancelled.",
  means:
    "What bouncing leaves is a force towards flatter ground, of a size that the gradient decides: training at the edge goes elsewhere than training with smaller steps.",
  breaks:
    "Where several curvatures are at the edge at once, the variance is a matrix; noise of batches keeps the sharpness below the edge.",
  reading: ["Cohen, Damian, Talwalkar, Kolter & Lee, ICLR (2025)", "Damian, Nichani & Lee, ICLR (2023)"],
  parameters: z.object({}),
  found: z.object({
    below: z.array(z.number()),
    late: z.array(z.number()),
    end: z.array(z.number()),
    height: z.number(),
    sharpness: z.number(),
    way: z.array(z.tuple([z.number(), z.number()])),
  }),
  measure() {
    const places = new Map<number, number[]>();
    const way: [number, number][] = [];
    let [height, sharpness] = [0, 0];
    stepsUntil({ on, by: gradientDescent.with({ lr: LR }), from: START }, (at, step) => {
      if (step === BELOW || step === LATE || step === STEPS) places.set(step, Array.from(at));
      if (step % 500 === 0) way.push([LR * step, at[2]]);
      if (step > LATE) {
        height += Math.log(Math.cosh(at[0])) / (STEPS - LATE);
        sharpness += (at[1] + K * at[2]) / (STEPS - LATE);
      }
      return step === STEPS;
    });
    const at = (step: number) => places.get(step) ?? [];
    return { below: at(BELOW), late: at(LATE), end: at(STEPS), height, sharpness, way };
  },
  conclude([{ below, late, end, height, sharpness, way }]) {
    const time = LR * (STEPS - LATE);
    const share = 1 / (1 + K * K);
    const [last] = way.slice(-1);
    const begins = last[0] + last[1] / (C * K * share);
    return {
      evidence: [
        weigh({
          name: `speed along z at the edge of stability, c = ${C}, k = ${K}, η = ${LR}`,
          measured: (end[2] - late[2]) / time,
          law: equals(-C * K * share),
          rival: equals(0),
          allowed: 1e-6,
        }),
        weigh({
          name: "speed along y there",
          measured: (end[1] - late[1]) / time,
          law: equals(C * K * K * share),
          rival: equals(C),
          allowed: 1e-6,
        }),
        weigh({
          name: "mean of 2 ln cosh x there, which is x² for small swings",
          measured: 2 * height,
          law: equals(2 * C * share),
          rival: equals(0),
          allowed: 1e-6,
        }),
        weigh({
          name: "mean of ηS/2 there",
          measured: (sharpness * LR) / 2,
          law: equals(1),
          rival: equals(((START[1] + C * LR * ((LATE + STEPS) / 2)) * LR) / 2),
          allowed: 0.01,
        }),
        weigh({
          name: `way along y in the first ${BELOW} steps, over ηct`,
          measured: (below[1] - START[1]) / (C * LR * BELOW),
          law: equals(1),
          rival: equals(1),
          allowed: 0.01,
        }),
      ],
      picture: {
        title: "Where gradient descent drifts at the edge of stability",
        description:
          "z against time ηt: gradient flow leaves it where it is; the law is a line through the last place.",
        x: { title: "ηt" },
        y: { title: "z" },
        law: [{ name: "central flow", x: [begins, last[0]], y: [0, last[1]] }],
        rival: [{ name: "gradient flow", x: [0, last[0]], y: [0, 0] }],
        measured: [{ name: "", x: way.map(([t]) => t), y: way.map(([, z1]) => z1) }],
      },
    };
  },
});
