import { z } from "zod";
import { norm2 } from "../../linalg/vector.ts";
import { heavyBall } from "../../optimizers/heavy-ball.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

const KAPPA = 100;
const ROOT = Math.sqrt(KAPPA);
const RATE = (ROOT - 1) / (ROOT + 1);
/** Between these the rate is looked at; even apart, since two eigenvalues have roots of opposite signs. */
const [EARLY, LATE] = [200, 400];

export const heavyBallRate = defineClaim({
  id: "D2",
  topic: "conditioning",
  statement: "Momentum turns the condition number into its root.",
  says: "law",
  law: "with β = ((√κ − 1)/(√κ + 1))² and η = 4/(√λ₁ + √λₙ)² the distance falls like t ρᵗ, ρ = √β = (√κ − 1)/(√κ + 1)",
  rival: "the rate of gradient descent at its best, (κ − 1)/(κ + 1)",
  source: "Polyak 1964",
  why: "The roots of z² − (1 + β − ηλ)z + β have the modulus √β for every λ between the ends.",
  means:
    "At κ = 100 ten times fewer steps for a digit. The factor t makes measured rates look worse than ρ for long: divide by it.",
  breaks:
    "The numbers need both ends of the spectrum; where the loss is no quadratic, or gradients are noisy, the gain is smaller or none.",
  reading: ["Polyak, USSR Comput. Math. 4, 1 (1964)", "Goh, Distill (2017)"],
  parameters: z.object({}),
  found: z.array(z.number()),
  measure() {
    const by = heavyBall.with({ lr: 4 / (ROOT + 1) ** 2, momentum: RATE ** 2 });
    const way: number[] = [];
    const from = Float64Array.of(1, 1);
    stepsUntil({ on: quadratic.with({ kappa: KAPPA, n: 2, angle: 0.3 }), by, from }, (at, step) => {
      way.push(norm2(at));
      return step === LATE;
    });
    return way;
  },
  conclude([way]) {
    const corrected = (way[LATE - 1] / LATE / (way[EARLY - 1] / EARLY)) ** (1 / (LATE - EARLY));
    const times = way.map((_, i) => i + 1).filter((t) => t % 20 === 0);
    const [, first] = times;
    const slow = (KAPPA - 1) / (KAPPA + 1);
    return {
      evidence: [
        weigh({
          name: `rate a step between ${EARLY} and ${LATE} steps after division by t, κ = ${KAPPA}`,
          measured: corrected,
          law: equals(RATE),
          rival: equals(slow),
          allowed: 1e-4,
        }),
      ],
      picture: {
        title: "The heavy ball on a quadratic",
        description: `Distance from the minimum against steps, κ = ${KAPPA}; the law runs through step ${first}.`,
        x: { title: "steps" },
        y: { title: "‖θ‖", scale: "log" },
        law: [
          {
            name: "t ρᵗ",
            x: times,
            y: times.map((t) => way[first - 1] * (t / first) * RATE ** (t - first)),
          },
        ],
        rival: [{ name: "gradient descent", x: times, y: times.map((t) => Math.SQRT2 * slow ** t) }],
        measured: [{ name: "", x: times, y: times.map((t) => way[t - 1]) }],
      },
    };
  },
});
