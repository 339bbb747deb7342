import { z } from "zod";
import { inverseOf } from "../../linalg/dense.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { norm2 } from "../../linalg/vector.ts";
import { bfgs, InverseHessian } from "../../optimizers/bfgs.ts";
import { lbfgs } from "../../optimizers/lbfgs.ts";
import { exactMinimum, type LinePoint } from "../../optimizers/line-search.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { follow, gradientAt, type Walk } from "../../optimizers/walk.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { rosenbrock } from "../../toys/rosenbrock.ts";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

/** Pairs that L-BFGS keeps. */
const MEMORY = 5;
const DIMENSION = 100;
/** Lengths of the gradient: 10, 1, …, 1e-12. */
const LENGTHS = Array.from({ length: 14 }, (_, i) => 10 ** (1 - i));
/** Where three stretches begin and end among {@link LENGTHS}: from 10 to 1, from 1e-2 to 1e-7, from 1e-7 to 1e-12. */
const [FIRST, MIDDLE, LAST] = [
  [0, 1],
  [3, 8],
  [8, 13],
];

const on = rosenbrock.with({ n: DIMENSION });
const METHODS = { limited: lbfgs.with({ memory: MEMORY }), full: bfgs.with({}) };

export const limitedMemory = defineClaim({
  id: "D8",
  topic: "conditioning",
  statement: "L-BFGS converges superlinearly.",
  says: "rival",
  law: "BFGS is Q-superlinear, L-BFGS with m pairs R-linear: the steps that a digit takes it stay as many",
  rival: "L-BFGS converges as BFGS does, and takes ever fewer steps a digit",
  source: "Dennis & Moré 1974 for BFGS; Liu & Nocedal 1989 for L-BFGS",
  why: "The two share a formula and a name, and the early steps of L-BFGS are often the better ones.",
  means:
    "Count on as many steps for the next digit as for the last one; where many digits are needed and the matrix fits into memory, BFGS or Newton–CG gets them in fewer.",
  breaks:
    "On a quadratic with exact line searches both are conjugate gradients, and end within as many steps as there are dimensions; with as many pairs as steps L-BFGS forgets nothing.",
  reading: [
    "Liu & Nocedal, Math. Program. 45, 503 (1989)",
    "Nocedal & Wright, Numerical Optimization (2006), chapters 6, 7",
  ],
  parameters: z.object({ starts: scaled(60, 8, "starts around the minimum") }),
  found: z.object({
    limited: z.array(z.array(z.number())),
    full: z.array(z.array(z.number())),
    gain: z.number(),
  }),
  measure({ starts }, _part, { random }) {
    const all = Array.from({ length: starts }, () => random.normalVector(DIMENSION).map((x) => 1 + 0.1 * x));
    return {
      limited: all.map((from) => reached(METHODS.limited, from)),
      full: all.map((from) => reached(METHODS.full, from)),
      gain: digitsForgotten(random),
    };
  },
  conclude([{ limited, full, gain }]) {
    const a = perDigit(limited, LAST);
    const b = perDigit(limited, MIDDLE);
    const c = perDigit(full, LAST);
    const ratios = sampleMean(Float64Array.from(limited, (own, i) => change(full[i]) / change(own)));
    return {
      evidence: [
        weigh({
          name: `steps of L-BFGS(${MEMORY}) for a digit, gradient from 1e-7 to 1e-12`,
          measured: a.value,
          standardError: a.standardError,
          law: equals(b.value),
          rival: equals(c.value),
          allowed: b.value / 3,
        }),
        weigh({
          name: "steps a digit there over those from 10 to 1: of BFGS over those of L-BFGS",
          measured: ratios.value,
          standardError: ratios.standardError,
          law: atMost(0.2),
          rival: equals(1),
        }),
        weigh({
          name: `log₁₀ of ‖B − A⁻¹‖ from the last ${MEMORY} pairs over that from all, after exact searches on 12 dimensions`,
          measured: gain,
          law: atLeast(9),
          rival: equals(0),
        }),
      ],
      picture: {
        title: "Digits of L-BFGS and BFGS",
        description: `Length of the gradient on Rosenbrock's function of ${DIMENSION} against steps, from one start. The other law is what BFGS does.`,
        x: { title: "steps" },
        y: { title: "‖∇f‖", scale: "log" },
        law: [],
        rival: [{ name: "BFGS", x: full[0], y: LENGTHS }],
        measured: [{ name: `L-BFGS(${MEMORY})`, x: limited[0], y: LENGTHS }],
      },
    };
  },
});

/** Steps until the gradient is as short as each of {@link LENGTHS}. */
function reached(by: (typeof METHODS)["full"], from: Float64Array): number[] {
  const gradient = new Float64Array(DIMENSION);
  const steps: number[] = [];
  stepsUntil({ on, by, from }, (at, step) => {
    on.gradient(at, gradient);
    const length = norm2(gradient);
    while (steps.length < LENGTHS.length && length < LENGTHS[steps.length]) steps.push(step);
    return steps.length === LENGTHS.length;
  });
  return steps;
}

const stepsADigit = (steps: readonly number[], [from, to]: readonly number[]) =>
  (steps[to] - steps[from]) / (to - from);

function perDigit(all: readonly (readonly number[])[], stretch: readonly number[]) {
  return sampleMean(Float64Array.from(all, (steps) => stepsADigit(steps, stretch)));
}

const change = (steps: readonly number[]) => stepsADigit(steps, LAST) / stepsADigit(steps, FIRST);

/** By how many digits the inverse from all pairs of n exact searches on a quadratic is nearer than that from the last ones. */
function digitsForgotten(random: RandomStream): number {
  const n = 12;
  const bowl = quadratic.with({ kappa: 10, n, angle: 0.3 });
  const inverse = inverseOf(hessianAt(bowl, new Float64Array(n)), n);
  if (inverse === undefined) return Number.NaN;
  const pairs = exactPairs(bowl, random.normalVector(n));
  const [last, all] = [pairs.slice(-MEMORY), pairs].map((known) => {
    const memory = new InverseHessian(n);
    for (const { step, change: y } of known) memory.learn(step, y);
    return norm2(memory.matrix.map((x, i) => x - inverse[i]));
  });
  return Math.log10(last / all);
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
}

/** Steps of BFGS with exact searches, as many as dimensions, and the changes of the gradient over them. */
function exactPairs(bowl: Objective, start: Float64Array): Pair[] {
  const pairs: Pair[] = [];
  follow(bowl, searches(), () => pairs.length >= start.length);
  return pairs;

  function* searches(): Walk {
    const memory = new InverseHessian(start.length);
    let here: Pick<LinePoint, "weights" | "value" | "gradient"> = {
      weights: start,
      value: bowl.value(start),
      gradient: yield* gradientAt(start),
    };
    for (;;) {
      const direction = memory.times(here.gradient).map((x) => -x);
      const next: LinePoint | undefined = yield* exactMinimum({ ...here, direction });
      if (next === undefined) return;
      const from = here;
      const step = next.weights.map((x, k) => x - from.weights[k]);
      const y = next.gradient.map((x, k) => x - from.gradient[k]);
      memory.learn(step, y);
      pairs.push({ step, change: y });
      here = next;
      yield { kind: "step", weights: here.weights };
    }
  }
}
