import { z } from "zod";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";
import { twinUnits } from "./twin-units.ts";
import { twoTanhUnits } from "./two-units.ts";
import { maxOf } from "../../util/extremes.ts";

const LR = 0.1;
const STEPS = 1000;
/** Inputs and labels: a bump, which one unit cannot make. */
const INPUTS = Array.from({ length: 21 }, (_, i) => (i - 10) / 4);
const LABELS = INPUTS.map((x) => Math.exp(-x * x) - 0.5 * x);
/** v, w, b of a unit. */
const UNIT = [0.5, 0.8, 0.3];
/** By which a unit is off in the other run. */
const OFF = 2 ** -20;

const on = twoTanhUnits(INPUTS, LABELS);
const by = gradientDescent.with({ lr: LR });

export const identicalUnits = defineClaim({
  id: "E10",
  topic: "symmetry",
  statement: "Units that begin alike stay alike, so that initial weights must be random.",
  says: "law",
  law: "exchanging the units commutes with the step: θ₁ = θ₂ is kept exactly, for all t",
  rival: "rounding tells them apart, and the difference grows as that of units which begin 2⁻²⁰ apart",
  source: "Rumelhart, Hinton & Williams 1986, on breaking symmetry",
  why: "Two units that compute the same get the same gradient.",
  means:
    "Copies of a unit waste parameters for ever: nothing in full-batch training, momentum and Adam included, parts them.",
  breaks: "Dropout, noise on the weights, or sums that another order of terms rounds differently part them.",
  reading: ["Goodfellow, Bengio & Courville, Deep Learning (2016), section 8.4"],
  parameters: z.object({}),
  found: z.object({ alike: z.array(z.number()), apart: z.array(z.number()) }),
  measure: () => ({ alike: differences(0), apart: differences(OFF) }),
  conclude([{ alike, apart }]) {
    const times = alike.map((_, i) => i + 1).filter((t) => t % 50 === 0);
    return {
      evidence: [
        weigh({
          name: `largest difference of two units that begin alike, in ${STEPS} steps`,
          measured: maxOf(alike),
          law: equals(0),
          rival: equals(maxOf(apart)),
        }),
      ],
      picture: {
        title: "Two units that begin alike",
        description:
          "Largest difference of their weights against steps; the other law is a run that begins 2⁻²⁰ apart.",
        x: { title: "steps" },
        y: { title: "difference" },
        law: [{ name: "", x: [0, STEPS], y: [0, 0] }],
        rival: [{ name: "2⁻²⁰ apart", x: times, y: times.map((t) => apart[t - 1]) }],
        measured: [{ name: "", x: times, y: times.map((t) => alike[t - 1]) }],
      },
    };
  },
  network: {
    measures: "whether two of its units, made alike, stay alike while it is trained for some steps",
    measure: ({ problem }, desk) => twinUnits(problem, desk),
  },
});

/** Largest difference of the weights of the two units after each step. */
function differences(off: number): number[] {
  const all: number[] = [];
  const from = Float64Array.of(...UNIT, ...UNIT);
  from[1] += off;
  stepsUntil({ on, by, from }, (at, step) => {
    all.push(maxOf(UNIT.map((_, k) => Math.abs(at[k] - at[UNIT.length + k]))));
    return step === STEPS;
  });
  return all;
}
