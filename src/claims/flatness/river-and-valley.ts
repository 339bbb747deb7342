import { z } from "zod";
import { sampleMean, type SampleMean } from "../../linalg/sample-mean.ts";
import { numberArithmetic } from "../../optimizers/arithmetic.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

/** ½λy² − cx: curvature across the valley, square of the slope of its floor, variance of the noise across. */
const [LAMBDA, SLOPE, NOISE] = [1, 0.004, 1];
/** A run: constant steps, then steps that fall linearly to 0. */
interface Run {
  readonly lr: number;
  readonly steps: number;
}
const DECAY = 20;
const FAST: Run = { lr: 1, steps: 100 };
const SLOW: Run = { lr: 0.1, steps: 100 };
const LONG: Run = { lr: 1, steps: 200 };
const RUNS = [FAST, SLOW, LONG] as const;

const { rule } = gradientDescent.with({ lr: 1 });

const sizes = ({ lr, steps }: Run) =>
  Array.from({ length: steps + DECAY }, (_, t) => (t < steps ? lr : lr * (1 - (t - steps + 1) / DECAY)));

/** The losses of one walk before the decay and behind it. */
function walked(run: Run, random: RandomStream): readonly [number, number] {
  let [x, y, before] = [0, 0, 0];
  const slope = Math.sqrt(SLOPE);
  const loss = () => (LAMBDA * y * y) / 2 - slope * x;
  const stepped = (weight: number, gradient: number, lr: number) =>
    rule.update(numberArithmetic, { weight, gradient, state: [], numbers: rule.numbers(0, lr) }).weight;
  sizes(run).forEach((lr, t) => {
    if (t === run.steps) before = loss();
    x = stepped(x, -slope, lr);
    y = stepped(y, LAMBDA * y + Math.sqrt(NOISE) * random.normal(), lr);
  });
  return [before, loss()];
}

/** What is left of the height of the hillside, ½λ E y², where v ← (1 − ηλ)²v + η²σ², and the way along the floor, c²Ση. */
function predicted(run: Run, until: number): { readonly hill: number; readonly river: number } {
  let [variance, river] = [0, 0];
  for (const lr of sizes(run).slice(0, until)) {
    variance = (1 - lr * LAMBDA) ** 2 * variance + lr * lr * NOISE;
    river += SLOPE * lr;
  }
  return { hill: (LAMBDA * variance) / 2, river };
}

const ends = (run: Run) => ({ before: predicted(run, run.steps), after: predicted(run, run.steps + DECAY) });

export const riverAndValley = defineClaim({
  id: "F17",
  topic: "flatness",
  statement:
    "Of two runs the one with the lower loss is ahead, and what a decay of the step size gains was learned in it.",
  says: "rival",
  law: "in a valley whose floor falls by c a unit of length the loss is −c²Ση along the floor and ½λ E y² above it, ησ²/(2(2 − ηλ)) at a constant η; a decay takes the second away and leaves the first",
  rival:
    "the loss says how far a run is along the floor: two runs differ behind a decay as they did before it, and what the decay gains is the way that it goes, c²Ση",
  condition: "the runs have the same step size, and so the same height above the floor",
  source: "variance of a first-order autoregression along a valley; Wen et al. 2024, river valleys",
  why: "Loss curves are all that one sees, and those of small steps lie lower for long.",
  means:
    "Judge a run with large steps by what a short decay makes of it: a higher loss before can be a lower one behind.",
  breaks:
    "Where the floor bends, or its sharpness changes along it, large steps do not follow it; there the sharpness decides how far the walk is from the floor.",
  reading: ["Wen, Li, Wang, Hall, Liang & Ma, arXiv:2410.05192 (2024)"],
  parameters: z.object({ walks: scaled(40_000, 1500, "walks of each run") }),
  parts: () => RUNS.length,
  found: z.object({ before: z.array(z.number()), after: z.array(z.number()), gain: z.array(z.number()) }),
  measure({ walks }, part, { random }) {
    const all = Array.from({ length: walks }, () => walked(RUNS[part], random));
    const meanOf = (each: (losses: readonly [number, number]) => number) => {
      const { value, standardError } = sampleMean(Float64Array.from(all, each));
      return [value, standardError];
    };
    return {
      before: meanOf(([before]) => before),
      after: meanOf(([, after]) => after),
      gain: meanOf(([before, after]) => before - after),
    };
  },
  conclude([fast, slow, long]) {
    const law = { fast: ends(FAST), slow: ends(SLOW), long: ends(LONG) };
    const height = ({ hill, river }: { readonly hill: number; readonly river: number }) => hill - river;
    const between = (a: readonly number[], b: readonly number[]): SampleMean => ({
      value: a[0] - b[0],
      standardError: Math.hypot(a[1], b[1]),
    });
    const weighed = (name: string, { value, standardError }: SampleMean, says: number, otherwise?: number) =>
      weigh({
        name,
        measured: value,
        standardError,
        law: equals(says),
        rival: otherwise === undefined ? undefined : equals(otherwise),
        allowed: 4 * standardError,
      });
    const early = height(law.fast.before) - height(law.slow.before);
    const late = height(law.fast.after) - height(law.slow.after);
    const same = law.fast.before.river - law.long.before.river;
    return {
      evidence: [
        weighed(
          `loss of ${FAST.steps} steps of η = ${FAST.lr} less that of η = ${SLOW.lr}, behind a decay of ${DECAY} steps`,
          between(fast.after, slow.after),
          late,
          early,
        ),
        weighed("the same before the decay", between(fast.before, slow.before), early),
        weighed(
          `what the decay gains from η = ${FAST.lr}`,
          { value: fast.gain[0], standardError: fast.gain[1] },
          height(law.fast.before) - height(law.fast.after),
          law.fast.after.river - law.fast.before.river,
        ),
        weighed(
          `loss of ${LONG.steps} steps of η = ${LONG.lr} less that of ${FAST.steps}, before the decay`,
          between(long.before, fast.before),
          same,
          same,
        ),
        weighed("the same behind the decay", between(long.after, fast.after), same, same),
      ],
      picture: {
        title: "Two runs along a valley",
        description: `Mean loss against steps by the two laws, with what was measured before and behind the decay: η = ${FAST.lr} above at first, below at the end.`,
        x: { title: "steps" },
        y: { title: "loss" },
        law: [FAST, SLOW].map((run) => ({
          name: `η = ${run.lr}`,
          x: TIMES,
          y: TIMES.map((t) => height(predicted(run, t))),
        })),
        rival: [FAST, SLOW].map((run) => ({
          name: `floor, η = ${run.lr}`,
          x: TIMES,
          y: TIMES.map((t) => -predicted(run, t).river),
        })),
        measured: [fast, slow].map(({ before, after }, i) => ({
          name: `η = ${[FAST, SLOW][i].lr}`,
          x: [FAST.steps, FAST.steps + DECAY],
          y: [before[0], after[0]],
          error: [before[1], after[1]],
        })),
      },
    };
  },
});

/** Of the picture. */
const TIMES = Array.from({ length: FAST.steps + DECAY + 1 }, (_, t) => t);
