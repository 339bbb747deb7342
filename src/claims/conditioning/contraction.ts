import { z } from "zod";
import { norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

const KAPPA = 100;
const BEST = 2 / (1 + KAPPA);
/** Step sizes: the best one, the usual one, half of that. */
const RATES = [BEST, 1 / KAPPA, 0.5 / KAPPA];
const STEPS = 4000;

const on = quadratic.with({ kappa: KAPPA, n: 2, angle: 0.3 });
const best = (KAPPA - 1) / (KAPPA + 1);
const law = (lr: number) => Math.max(Math.abs(1 - lr), Math.abs(1 - lr * KAPPA));

export const contraction = defineClaim({
  id: "D1",
  topic: "conditioning",
  statement: "On a quadratic of condition κ gradient descent contracts by (κ − 1)/(κ + 1) a step.",
  says: "rival",
  law: "by max(|1 − ηλₙ|, |1 − ηλ₁|): (κ − 1)/(κ + 1) at η = 2/(λ₁ + λₙ) alone, 1 − 1/κ at η = 1/λ₁; the loss by its square",
  rival: "by (κ − 1)/(κ + 1), whatever the step size",
  condition: "η = 2/(λ₁ + λₙ), which needs both ends of the spectrum",
  source: "Polyak 1964; Nesterov 2004, chapter 2",
  why: "It is the best rate of a fixed step, and what the textbook table lists.",
  means:
    "The step size that gives it is next to the largest stable one, 2/λ₁: whoever keeps a safe distance pays a factor of two or more in steps.",
  breaks: "Beyond a quadratic the rate holds near the minimum alone; with momentum it is another one (claim D2).",
  reading: ["Nesterov, Introductory Lectures on Convex Optimization (2004)"],
  parameters: z.object({}),
  found: z.object({ rates: z.array(z.number()), way: z.array(z.number()), loss: z.number() }),
  measure() {
    const from = Float64Array.of(1, 1);
    const ways = RATES.map((lr) => {
      const way: number[] = [];
      stepsUntil({ on, by: gradientDescent.with({ lr }), from }, (at, step) => {
        way.push(norm2(at));
        return step === STEPS;
      });
      return way;
    });
    const losses: number[] = [];
    stepsUntil({ on, by: gradientDescent.with({ lr: BEST }), from }, (at) => {
      losses.push(on.value(at));
      return losses.length === 100;
    });
    return {
      rates: ways.map((way) => way[STEPS - 1] / way[STEPS - 2]),
      way: ways[0].slice(0, 400),
      loss: losses[99] / losses[98],
    };
  },
  conclude([{ rates, way, loss }]) {
    const times = way.map((_, i) => i + 1).filter((t) => t % 20 === 0);
    return {
      evidence: [
        ...RATES.map((lr, i) =>
          weigh({
            name: `‖θₜ₊₁‖/‖θₜ‖ after ${STEPS} steps, κ = ${KAPPA}, ηλ₁ = ${i === 0 ? "2κ/(κ + 1)" : lr * KAPPA}`,
            measured: rates[i],
            law: equals(law(lr)),
            rival: equals(best),
            allowed: 1e-9,
          }),
        ),
        weigh({
          name: `loss of a step over that before, ηλ₁ = 2κ/(κ + 1)`,
          measured: loss,
          law: equals(best ** 2),
          rival: equals(best ** 2),
          allowed: 1e-9,
        }),
      ],
      picture: {
        title: "Gradient descent on a quadratic",
        description: `Distance from the minimum against steps, κ = ${KAPPA}, at the best step size.`,
        x: { title: "steps" },
        y: { title: "‖θ‖", scale: "log" },
        law: [{ name: "", x: times, y: times.map((t) => Math.SQRT2 * best ** t) }],
        rival: [],
        measured: [{ name: "", x: times, y: times.map((t) => way[t - 1]) }],
      },
    };
  },
});
