import { z } from "zod";
import { numberArithmetic } from "../../optimizers/arithmetic.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

/** Curvature, variance of an example's gradient, examples of a batch. */
const [H, C, B] = [0.7, 2, 8];
const CONSTANT = 0.1;
const { rule } = gradientDescent.with({ lr: CONSTANT });

type SizeOf = (t: number) => number;
const constant: SizeOf = () => CONSTANT;
const falling: SizeOf = (t) => 1 / (H * (t + 1));

/** Where a walk on ½hx² ends, with noise added to the gradient of one step. */
function ended(sizeOf: SizeOf, from: number, steps: number, noisy = -1): number {
  let x = from;
  for (let t = Math.max(0, from === 0 ? noisy : 0); t < steps; t++) {
    const gradient = H * x + (t === noisy ? Math.sqrt(C / B) : 0);
    x = rule.update(numberArithmetic, { weight: x, gradient, state: [], numbers: rule.numbers(t, sizeOf(t)) }).weight;
  }
  return x;
}

/** A walk is linear in its noise: its variance is the sum of the squares of what the noise of each step alone leaves. */
function variance(sizeOf: SizeOf, steps: number): number {
  let sum = 0;
  for (let t = 0; t < steps; t++) sum += ended(sizeOf, 0, steps, t) ** 2;
  return sum;
}

export const fallingStepSize = defineClaim({
  id: "D13",
  topic: "conditioning",
  statement: "Step sizes should be large early and small late.",
  says: "law",
  law: "with noise of variance C/B a constant η forgets the start like (1 − ηh)ᵗ and stays at the variance ηC/(Bh(2 − ηh)); ηₜ = 1/(h(t + 1)) forgets it at once and has C/(Bh²t)",
  rival:
    "a constant step does the same: the variance falls like 1/t under either, and the start is forgotten under a small one, too",
  source: "Robbins & Monro 1951; variance of a first-order autoregression",
  why: "Large steps forget where they began, small ones average the noise; no constant one does both.",
  means: "A loss that has stalled with a constant step falls when the step does, and not by waiting.",
  breaks:
    "Without noise, as with all examples in a batch, a constant step has no floor; where h is guessed too high, 1/(ht) forgets too slowly.",
  reading: ["Robbins & Monro, Ann. Math. Stat. 22, 400 (1951)", "Bottou, Curtis & Nocedal, SIAM Rev. 60, 223 (2018)"],
  parameters: z.object({ steps: scaled(1000, 1000, "steps") }),
  found: z.object({
    times: z.array(z.number()),
    constant: z.array(z.number()),
    falling: z.array(z.number()),
    start: z.number(),
    startOfFalling: z.number(),
  }),
  measure({ steps }) {
    const times = [1, 2, 4, 10, 20, 40, 100, 200, 400].filter((t) => t < steps).concat(steps);
    return {
      times,
      constant: times.map((t) => variance(constant, t)),
      falling: times.map((t) => variance(falling, t)),
      start: ended(() => 1 / (H * steps), 1, steps),
      startOfFalling: ended(falling, 1, steps),
    };
  },
  conclude([{ times, constant: stays, falling: falls, start, startOfFalling }], { steps }) {
    const floor = (CONSTANT * C) / (B * H * (2 - CONSTANT * H));
    const last = times.length - 1;
    const third = times.indexOf(10);
    const law = (t: number) => C / (B * H * H * t);
    return {
      evidence: [
        weigh({
          name: `variance after ${steps} steps with ηₜ = 1/(h(t + 1)), over C/(Bh²t)`,
          measured: falls[last] / law(steps),
          law: equals(1),
          rival: equals(floor / law(steps)),
          allowed: 0.01,
        }),
        weigh({
          name: `variance after ${steps} steps with η = ${CONSTANT}, over ηC/(Bh(2 − ηh))`,
          measured: stays[last] / floor,
          law: equals(1),
          rival: equals(((stays[third] / floor) * times[third]) / steps),
          allowed: 0.01,
        }),
        weigh({
          name: `share of the start that is left with the constant step 1/(${steps}h), as small as the last of the falling ones`,
          measured: start,
          law: equals((1 - 1 / steps) ** steps),
          rival: equals(0),
          allowed: 1e-12,
        }),
        weigh({
          name: "share of the start that is left with the falling steps",
          measured: startOfFalling,
          law: equals(0),
          rival: equals(0),
          allowed: 1e-12,
        }),
      ],
      picture: {
        title: "Variance with constant and with falling steps",
        description: `Variance around the minimum of ½hx² against steps, h = ${H}, C/B = ${C / B}. The laws are C/(Bh²t) and the floor of η = ${CONSTANT}.`,
        x: { title: "steps", scale: "log" },
        y: { title: "variance", scale: "log" },
        law: [
          { name: "falling", x: times, y: times.map(law) },
          { name: "constant", x: [1, steps], y: [floor, floor] },
        ],
        rival: [],
        measured: [
          { name: "falling", x: times, y: falls },
          { name: "constant", x: times, y: stays },
        ],
      },
    };
  },
});
