import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { formatNumber } from "../../util/format-number.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { Problem } from "../../problem/problem.ts";
import { type ClaimDesk, type Conclusion, defineClaim, type DeskWithEngine, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { descentOnNetwork, sharpnessAt } from "../descent-on-network.ts";
import { openNet, rows } from "../open-net.ts";
import { crossEntropy } from "../../problem/losses/cross-entropy.ts";
import { blobs } from "../random-matrices/blobs.ts";

/** T₆ on so many points of [−1, 1]. */
const [DEGREE, POINTS] = [6, 20];
/** Step sizes, with the steps that it takes to see the curvature settle. */
const RATES = [
  { lr: 0.2, takes: 0 },
  { lr: 0.1, takes: 12_000 },
];
const ratesWithin = (steps: number) => RATES.filter(({ takes }) => takes <= steps);
/** Steps from one look at the curvature to the next. */
const EVERY = 20;
/** Three classes that stand apart, of which the labels are fitted soon, and the step size. */
const BLOBS = { classes: 3, each: 20, inputs: 4, apart: 5 };
const BLOB_RATE = 2;
/** Of the edge, what is far below it. */
const BELOW = 0.5;
/** On a network that was given: by how much the step is too large for it at first, steps, and looks at the curvature. */
const [TOO_LARGE, STEPS_GIVEN, LOOKS] = [1.5, 400, 40];
/** Looks behind which the curvature is a mean: the last third of them, in as many blocks, which are longer than it remembers. */
const BLOCKS = 10;

export const edgeOfStability = defineClaim({
  id: "F10",
  topic: "flatness",
  statement: "Full-batch gradient descent ends where the largest curvature is 2/η, and stays there.",
  says: "rival",
  law: "under squared error λmax rises until λmax η/2 = 1 and stays about there, while the loss goes on falling in the long run; under cross-entropy curvature goes as p(1 − p), which falls with the loss once the labels are fitted, and λmax η/2 ends below a half",
  rival: "λmax η/2 ends at 1, whatever the loss",
  condition: "the loss is the squared error, or the labels are still far from fitted",
  source:
    "Cohen, Kaur, Li, Kolter & Talwalkar 2021; p(1 − p) is the second derivative of cross-entropy, and what follows from it is measured here",
  why: "Below 2/η a trained network grows sharper by itself; above it, steps along the sharpest direction swing and grow until the third derivative brings the curvature down again.",
  means:
    "Under squared error the step size chooses the curvature of the solution: λmax far below 2/η says that training is not at its edge yet.",
  breaks:
    "Small batches keep the curvature lower, and the law is of the plain step: momentum and Adam have limits of their own (`trajectory`).",
  reading: ["Cohen, Kaur, Li, Kolter & Talwalkar, ICLR (2021)", "Damian, Nichani & Lee, ICLR (2023)"],
  parameters: z.object({ steps: scaled(12_000, 2400, "steps of descent; η = 0.1 takes 12000, 0.2 fewer") }),
  parts: ({ steps }) => ratesWithin(steps).length + 1,
  found: z.object({ losses: z.array(z.number()), curvatures: z.array(z.number()) }),
  async measure({ steps }, part, desk) {
    if (part === ratesWithin(steps).length) return await onClasses(steps, desk);
    const { random, context, runtime } = desk;
    const x = Float64Array.from({ length: POINTS }, (_, i) => -1 + (2 * i) / (POINTS - 1));
    const y = x.map((at) => Math.cos(DEGREE * Math.acos(Math.min(1, Math.max(-1, at)))));
    await using problem = openNet("mlp:1-30-20-1:tanh:xavier", { x: rows(x, 1), y: rows(y, 1) }, runtime);
    const { losses, curvatures } = await descentOnNetwork(
      problem,
      { lr: RATES[part].lr, steps, every: EVERY },
      { random, context },
    );
    return { losses: losses.filter((_, step) => step % EVERY === 0), curvatures };
  },
  conclude(found) {
    const runs = found.slice(0, -1).map(({ losses, curvatures }, part) => {
      const { lr } = RATES[part];
      const { shares, settled } = settledAt(curvatures, lr);
      const crossed = shares.findIndex((share) => share >= 1);
      const late = losses.slice(Math.floor((2 * losses.length) / 3));
      return { lr, shares, settled, fallen: mean(late) / (crossed < 0 ? Number.NaN : losses[crossed]) };
    });
    const classes = settledAt(found[found.length - 1].curvatures, BLOB_RATE);
    const drawn = [
      ...runs.map(({ lr, shares }) => ({ name: `squared error, η = ${lr}`, shares })),
      { name: `cross-entropy, η = ${BLOB_RATE}`, shares: classes.shares },
    ];
    return {
      evidence: [
        weigh({
          name: `λmax η/2 over the last third of the steps, cross-entropy on ${BLOBS.classes} classes that stand apart, η = ${BLOB_RATE}`,
          measured: classes.settled.value,
          standardError: classes.settled.standardError,
          law: atMost(BELOW),
          rival: equals(1),
        }),
        ...runs.map(({ lr, settled }) =>
          weigh({
            name: `the same under squared error, η = ${lr}`,
            measured: settled.value,
            standardError: settled.standardError,
            law: equals(1),
            rival: equals(1),
            allowed: 0.03,
          }),
        ),
        ...runs.map(({ lr, fallen }) =>
          weigh({
            name: `loss over the last third of the steps, over that where λmax came to 2/η, squared error, η = ${lr}`,
            measured: fallen,
            law: atMost(1),
          }),
        ),
      ],
      picture: {
        title: "The edge of stability",
        description: `λmax in units of 2/η along gradient descent on ${POINTS} points of T₆ and on ${BLOBS.classes} classes.`,
        x: { title: "steps" },
        y: { title: "λmax η/2" },
        law: [{ name: "2/η", x: [0, EVERY * (runs[0].shares.length - 1)], y: [1, 1] }],
        rival: [],
        measured: drawn.map(({ name, shares }) => ({
          name,
          x: shares.map((_, i) => i * EVERY),
          y: shares,
          as: "line" as const,
        })),
      },
    };
  },
  network: {
    measures: `where λmax goes under gradient descent whose step is ${TOO_LARGE} times as large as is stable at its weights`,
    asks: {
      says: "law",
      law: "λmax comes down until λmax η/2 = 1, and stays about there",
      rival: "λmax stays as far above 2/η as it was",
    },
    measure: ({ problem }, desk) => fromOverTheEdge(problem, desk),
  },
});

/** Gradient descent on classes, by cross-entropy. */
async function onClasses(steps: number, { random, context, runtime }: DeskWithEngine) {
  await using problem = openNet("mlp:4-12-3:tanh", blobs(BLOBS, random), runtime, crossEntropy);
  const { curvatures } = await descentOnNetwork(problem, { lr: BLOB_RATE, steps, every: EVERY }, { random, context });
  return { losses: [], curvatures };
}

/** λmax η/2 along the way, and over the last third of it. */
function settledAt(curvatures: readonly number[], lr: number) {
  const shares = curvatures.map((each) => (each * lr) / 2);
  return { shares, settled: blockMean(shares.slice(Math.floor((2 * shares.length) / 3))) };
}

/** Gradient descent from weights that are too sharp for its step: whether it ends at the edge, stays over it, or leaves it behind. */
async function fromOverTheEdge(problem: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const start = await sharpnessAt(problem, { random, context });
  if (!(start > 0)) throw uncurved();
  const lr = (2 * TOO_LARGE) / start;
  const steps = STEPS_GIVEN;
  const { curvatures } = await descentOnNetwork(problem, { lr, steps, every: steps / LOOKS }, { random, context });
  const { shares, settled } = settledAt(curvatures, lr);
  const isThere = shares.length === LOOKS;
  return {
    evidence: [
      weigh({
        name: `λmax η/2 over the last third of ${steps} steps, η = ${formatNumber(lr)}${isThere ? "" : ", which diverged"}`,
        measured: isThere ? settled.value : Number.POSITIVE_INFINITY,
        standardError: isThere ? settled.standardError : 0,
        law: equals(1),
        rival: equals(TOO_LARGE),
        // Swings that are wide lift the mean of λmax above 2/η; on the claim's own network they are narrow.
        allowed: 0.1,
      }),
    ],
    picture: {
      title: "From over the edge of stability",
      description: "λmax in units of 2/η along gradient descent from the weights of the network.",
      x: { title: "steps" },
      y: { title: "λmax η/2" },
      law: [{ name: "2/η", x: [0, steps], y: [1, 1] }],
      rival: [{ name: "as at the start", x: [0, steps], y: [TOO_LARGE, TOO_LARGE] }],
      measured: [{ name: "", x: shares.map((_, i) => (i * steps) / 40), y: shares, as: "line" }],
    },
  };
}

function uncurved(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-curvature",
    message: "The largest curvature found at these weights is not positive, so that no step is too large for it.",
    hint: "The claim is about networks in training; give weights that some steps were done from.",
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** A mean of what goes on from itself: its standard error from means of blocks. */
function blockMean(values: readonly number[]) {
  const length = Math.floor(values.length / BLOCKS);
  return sampleMean(Float64Array.from({ length: BLOCKS }, (_, k) => mean(values.slice(k * length, (k + 1) * length))));
}
