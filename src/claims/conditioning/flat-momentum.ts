import { z } from "zod";
import { heavyBall } from "../../optimizers/heavy-ball.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

const LR = 1e-8;
const FRICTIONS = [0.5, 0.9, 0.99];
/** Steps after which the velocity has settled: 0.99³⁰⁰⁰ is 1e-13. */
const STEPS = 3000;

/** ½x²: with this step size as flat as it gets, ηλ = 1e-8 against (1 − β)² ≥ 1e-4. */
const on = quadratic.with({ kappa: 1, n: 1 });

export const flatMomentum = defineClaim({
  id: "D3",
  topic: "conditioning",
  statement: "Momentum lengthens the steps in flat directions.",
  says: "law",
  law: "where ηλ ≪ (1 − β)² the heavy ball moves as gradient descent with the step size η/(1 − β)",
  rival: "it moves with the step size η, and momentum does no more than average",
  source: "Polyak 1964; expansion of the larger root of z² − (1 + β − ηλ)z + β, z = 1 − ηλ/(1 − β) + O(η²λ²)",
  why: "Gradients along a flat direction hardly change, so that the velocity becomes their geometric sum.",
  means:
    "Whoever changes β changes the step size, too: from 0.9 to 0.99 it is ten times as long where the loss is flat.",
  breaks:
    "In steep directions, ηλ > (1 − √β)², the ball oscillates and its amplitude falls by √β a step; and where momentum is a mean, v ← βv + (1 − β)g, nothing is lengthened.",
  reading: ["Polyak, USSR Comput. Math. 4, 1 (1964)", "Goh, Distill (2017)"],
  parameters: z.object({}),
  found: z.array(z.array(z.number())),
  measure: () =>
    FRICTIONS.map((momentum) => {
      const ratios: number[] = [];
      let before = 1;
      stepsUntil({ on, by: heavyBall.with({ lr: LR, momentum }), from: Float64Array.of(1) }, ([x], step) => {
        ratios.push((before - x) / (LR * before));
        before = x;
        return step === STEPS;
      });
      return ratios;
    }),
  conclude([found]) {
    const times = Array.from({ length: 100 }, (_, i) => 1 + 5 * i);
    const last = FRICTIONS.length - 1;
    return {
      evidence: FRICTIONS.map((beta, i) =>
        weigh({
          name: `way of a step over η∇L after ${STEPS} steps, β = ${beta}, ηλ = ${LR}`,
          measured: found[i][STEPS - 1],
          law: equals(1 / (1 - beta)),
          rival: equals(1),
          allowed: 0.01 / (1 - beta),
        }),
      ).toReversed(),
      picture: {
        title: "How long steps with momentum become",
        description: `Way of a step over η∇L against steps in a flat direction, β = ${FRICTIONS[last]}; the law is where it ends.`,
        x: { title: "steps" },
        y: { title: "way of a step / η∇L" },
        law: [{ name: "1/(1 − β)", x: [0, 500], y: [1 / (1 - FRICTIONS[last]), 1 / (1 - FRICTIONS[last])] }],
        rival: [{ name: "η", x: [0, 500], y: [1, 1] }],
        measured: [{ name: "", x: times, y: times.map((t) => found[last][t - 1]) }],
      },
    };
  },
});
