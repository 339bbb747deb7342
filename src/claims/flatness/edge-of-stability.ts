import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { formatNumber } from "../../util/format-number.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { Problem } from "../../problem/problem.ts";
import { type ClaimDesk, type Conclusion, defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { descentOnNetwork, sharpnessAt } from "../descent-on-network.ts";
import { openNet, rows } from "../open-net.ts";

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
/** On a network that was given: by how much the step is too large for it at first, steps, and looks at the curvature. */
const [TOO_LARGE, STEPS_GIVEN, LOOKS] = [1.5, 400, 40];
/** Looks behind which the curvature is a mean: the last third of them, in as many blocks, which are longer than it remembers. */
const BLOCKS = 10;

export const edgeOfStability = defineClaim({
  id: "F10",
  topic: "flatness",
  statement: "Full-batch gradient descent ends where the largest curvature is 2/η, and stays there.",
  says: "law",
  law: "λmax rises until λmax η/2 = 1 and stays about there, while the loss goes on falling in the long run",
  rival:
    "the curvature is that of the ground where one begins, whatever η, and a step that is too large for it overshoots: the loss rises",
  source: "Cohen, Kaur, Li, Kolter & Talwalkar 2021, sections 3 and 4",
  why: "Below 2/η a trained network grows sharper by itself; above it, steps along the sharpest direction swing and grow until the third derivative brings the curvature down again.",
  means:
    "Under squared error the step size chooses the curvature of the solution: λmax far below 2/η says that training is not at its edge yet.",
  breaks:
    "Cross-entropy drives the curvature down late in training, small batches keep it lower, and the law is of the plain step: momentum and Adam have limits of their own (`trajectory`).",
  reading: ["Cohen, Kaur, Li, Kolter & Talwalkar, ICLR (2021)", "Damian, Nichani & Lee, ICLR (2023)"],
  parameters: z.object({ steps: scaled(12_000, 2400, "steps of descent; η = 0.1 takes 12000, 0.2 fewer") }),
  parts: ({ steps }) => ratesWithin(steps).length,
  found: z.object({ losses: z.array(z.number()), curvatures: z.array(z.number()) }),
  async measure({ steps }, part, { random, context, runtime }) {
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
    const runs = found.map(({ losses, curvatures }, part) => {
      const { lr } = RATES[part];
      const shares = curvatures.map((each) => (each * lr) / 2);
      const last = shares.slice(Math.floor((2 * shares.length) / 3));
      const crossed = shares.findIndex((share) => share >= 1);
      return {
        lr,
        shares,
        settled: blockMean(last),
        fallen: mean(losses.slice(-last.length)) / (crossed < 0 ? Number.NaN : losses[crossed]),
      };
    });
    return {
      evidence: [
        ...runs.map(({ lr, shares, settled }) =>
          weigh({
            name: `λmax η/2 over the last third of the steps, η = ${lr}`,
            measured: settled.value,
            standardError: settled.standardError,
            law: equals(1),
            rival: equals(shares[0]),
            allowed: 0.03,
          }),
        ),
        ...runs.map(({ lr, fallen }) =>
          weigh({
            name: `loss over the last third of the steps, over that where λmax came to 2/η, η = ${lr}`,
            measured: fallen,
            law: atMost(1),
            rival: atLeast(1),
          }),
        ),
      ],
      picture: {
        title: "The edge of stability",
        description: `λmax in units of 2/η along gradient descent on ${POINTS} points of T₆.`,
        x: { title: "steps" },
        y: { title: "λmax η/2" },
        law: [{ name: "2/η", x: [0, EVERY * (runs[0].shares.length - 1)], y: [1, 1] }],
        rival: runs.map(({ lr, shares }) => ({
          name: `as at the start, η = ${lr}`,
          x: [0, EVERY * (shares.length - 1)],
          y: [shares[0], shares[0]],
        })),
        measured: runs.map(({ lr, shares }) => ({
          name: `η = ${lr}`,
          x: shares.map((_, i) => i * EVERY),
          y: shares,
          as: "line" as const,
        })),
      },
    };
  },
  network: {
    measures: `where λmax goes under gradient descent whose step is ${TOO_LARGE} times as large as is stable at its weights`,
    measure: ({ problem }, desk) => fromOverTheEdge(problem, desk),
  },
});

/** Gradient descent from weights that are too sharp for its step: whether it ends at the edge, stays over it, or leaves it behind. */
async function fromOverTheEdge(problem: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const start = await sharpnessAt(problem, { random, context });
  if (!(start > 0)) throw uncurved();
  const lr = (2 * TOO_LARGE) / start;
  const steps = STEPS_GIVEN;
  const { curvatures } = await descentOnNetwork(problem, { lr, steps, every: steps / LOOKS }, { random, context });
  const shares = curvatures.map((each) => (each * lr) / 2);
  const isThere = shares.length === LOOKS;
  const settled = blockMean(shares.slice(Math.floor((2 * shares.length) / 3)));
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
