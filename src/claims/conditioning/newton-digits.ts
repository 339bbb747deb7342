import { z } from "zod";
import { norm2 } from "../../linalg/vector.ts";
import { newton } from "../../optimizers/newton.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter, stepsUntil } from "../walks.ts";

const KAPPA = 100;
/** Of the quadratic. */
const DIMENSION = 5;
const STEPS = 4;

/** eˣ − x: its minimum is at 0, where the second and third derivatives are 1. */
const exponential: Objective = {
  dimension: 1,
  value: ([x]) => Math.exp(x) - x,
  gradient: ([x], into) => {
    into[0] = Math.expm1(x);
  },
  hessianVector: ([x], [v], into) => {
    into[0] = Math.exp(x) * v;
  },
};

export const newtonDigits = defineClaim({
  id: "D4",
  topic: "conditioning",
  statement: "Newton’s method ends a quadratic in one step, and else doubles its digits with each.",
  says: "law",
  law: "eₖ₊₁ → (f‴/2f″) eₖ²: ½eₖ² on eˣ − x; 0 after one step on a quadratic",
  rival:
    "each step adds as many digits as the one before, eₖ₊₁ = eₖ²/eₖ₋₁; on a quadratic (κ − 1)/(κ + 1) of the distance is left, as by the best step along the gradient",
  source: "Kantorovich 1948; Nocedal & Wright 2006, chapter 3",
  why: "The local quadratic is exact up to third order, and its minimum is where the step goes.",
  means: "Once three digits are right, two steps more give twelve; the work is to get there.",
  breaks:
    "Far from a minimum it goes to any critical point (claim D5); where the Hessian is singular there it is linear.",
  reading: ["Nocedal & Wright, Numerical Optimization (2006), chapter 3"],
  parameters: z.object({}),
  found: z.object({ errors: z.array(z.number()), left: z.number() }),
  measure(_options, _part, { random }) {
    const errors = [1];
    stepsUntil({ on: exponential, by: newton.with({}), from: Float64Array.of(errors[0]) }, ([x], step) => {
      errors.push(Math.abs(x));
      return step === STEPS;
    });
    const on = quadratic.with({ kappa: KAPPA, n: DIMENSION, angle: 0.3 });
    const from = random.normalVector(DIMENSION);
    return { errors, left: norm2(placeAfter({ on, by: newton.with({}), from }, 1)) / norm2(from) };
  },
  conclude([{ errors, left }]) {
    const steps = errors.map((_, i) => i);
    return {
      evidence: [
        ...[3, 4].map((k) => {
          const [before, here, next] = errors.slice(k - 2);
          return weigh({
            name: `eₖ₊₁/eₖ² on eˣ − x, k + 1 = ${k}`,
            measured: next / here ** 2,
            law: equals(1 / 2),
            rival: equals(1 / before),
            // Of the term of third order, e/6, and of that after it.
            allowed: here / 3,
          });
        }),
        weigh({
          name: `share of the distance that is left after one step on a quadratic, κ = ${KAPPA}`,
          measured: left,
          law: equals(0),
          rival: equals((KAPPA - 1) / (KAPPA + 1)),
          allowed: 1e-12,
        }),
      ],
      picture: {
        title: "Digits of Newton’s method",
        description: "Distance from the minimum of eˣ − x against steps.",
        x: { title: "steps" },
        y: { title: "e", scale: "log" },
        law: [{ name: "½e² from step 1 on", x: steps.slice(1), y: halves(errors[1]) }],
        rival: [
          {
            name: "as many digits a step",
            x: steps,
            y: steps.map((k) => errors[1] * (errors[2] / errors[1]) ** (k - 1)),
          },
        ],
        measured: [{ name: "", x: steps, y: errors }],
      },
    };
  },
});

/** From the error after the first step, as many as there are. */
function halves(first: number): number[] {
  const all = [first];
  while (all.length < STEPS) all.push(all[all.length - 1] ** 2 / 2);
  return all;
}
