import { z } from "zod";
import { startOn } from "../../dynamics/race/walks-on-network.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { RunContext } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { onBlobs } from "./blob-network.ts";
import { networkCurvatures } from "./network-curvatures.ts";

/** Three classes that stand apart, six that overlap. */
const BLOBS = [
  { classes: 3, apart: 4, lr: 0.4, steps: 100 },
  { classes: 6, apart: 1.5, lr: 0.4, steps: 100 },
] as const;
/** Depth that is rounding. */
const ROUNDING = 1e-9;
/** Weights of shuffled numbers that a trained network is to be better than, and which part of their losses its own may be. */
const [SHUFFLES, BETTER] = [20, 0.9];
/** To which share of itself the depth is to fall. */
const FALLEN = 1 / 3;

export const shallowNegative = defineClaim({
  id: "B13",
  topic: "random-matrices",
  statement: "After training the negative curvatures are shallow.",
  says: "law",
  law: "H = G + Σ (∂ℓ/∂z)∇²z: the negative part comes from the residuals alone, and |λ_min|/λ_max falls to a third of what it was at the start, or less",
  rival: "training leaves |λ_min|/λ_max as it was",
  source: "Sagun, Bottou & LeCun 2016; Ghorbani, Krishnan & Xiao 2019",
  why: "The Gauss–Newton part has no negative curvature, and what is beside it goes with the errors.",
  means:
    "Late in training negative curvature is a small matter beside the largest: methods that look for it have their use at the start.",
  breaks:
    "It is a matter of the residuals: labels that cannot be learnt, or a training that is too short, leave them large.",
  reading: ["Ghorbani, Krishnan & Xiao, ICML (2019)", "Sagun, Bottou & LeCun, arXiv:1611.07476 (2016)"],
  parameters: z.object({ networks: scaled(8, 2, "networks of each kind") }),
  parts: ({ networks }) => BLOBS.length * networks,
  found: z.object({ before: z.array(z.number()), after: z.array(z.number()) }),
  measure: (_options, part, desk) =>
    onBlobs({ ...BLOBS[part % BLOBS.length], seed: part }, desk, async (problem, end) => ({
      before: [...(await networkCurvatures(problem, problem.point.parameters, desk.context)).values],
      after: [...(await networkCurvatures(problem, end, desk.context)).values],
    })),
  conclude(all) {
    const [first] = all;
    return {
      evidence: BLOBS.map(({ classes }, k) => {
        const own = all.filter((_, i) => i % BLOBS.length === k);
        const fallen = sampleMean(Float64Array.from(own, ({ before, after }) => depth(after) / depth(before)));
        return weigh({
          name: `mean of |λ_min|/λ_max after training over that before, ${own.length} networks on ${classes} classes`,
          measured: fallen.value,
          standardError: fallen.standardError,
          law: atMost(FALLEN),
          rival: equals(1),
        });
      }),
      picture: {
        title: "Curvatures of a small network before and after training",
        description: "All curvatures in order, over the largest, of the first network.",
        x: { title: "rank" },
        y: { title: "curvature over the largest" },
        law: [],
        rival: [{ name: "before training", ...inOrder(first.before) }],
        measured: [{ name: "after training", ...inOrder(first.after) }],
      },
    };
  },
  network: {
    measures: "its |λ_min|/λ_max beside that where the numbers of each tensor are shuffled",
    async measure({ problem }, { random, context }) {
      const precise = problem.inFloat64 ?? problem;
      const here = await networkCurvatures(precise, precise.point.parameters, context);
      const shuffled = await networkCurvatures(precise, startOn(precise, 1, random), context);
      if (depth(shuffled.values) < ROUNDING) throw withoutNegative();
      await requireTrained(precise, random.split("trained"), context);
      return {
        evidence: [
          weigh({
            name: "|λ_min|/λ_max over that where the numbers of each tensor are shuffled",
            measured: depth(here.values) / depth(shuffled.values),
            law: atMost(FALLEN),
            rival: equals(1),
          }),
        ],
        picture: null,
      };
    },
  },
});

/**
 * Refuses weights whose loss is not clearly below that of each of {@link SHUFFLES} in which the numbers of each tensor are shuffled. The
 * weights that a network starts with are the lowest of all these once in 21 times, and lower by a tenth more rarely.
 */
async function requireTrained(problem: Problem, random: RandomStream, context: RunContext): Promise<void> {
  const { loss } = await problem.point.anyValue(context);
  for (let k = 0; k < SHUFFLES; k++) {
    await using there = problem.at(startOn(problem, 1, random.split(String(k))));
    if (!(loss < BETTER * (await there.anyValue(context)).loss)) throw untrained(loss);
  }
}

function untrained(loss: number): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "not-trained",
    message: `The loss at these weights, ${formatNumber(loss)}, is not a tenth lower than where the numbers of each tensor are shuffled, so that nothing tells that they were trained.`,
    hint: "The claim is about networks after training; `thalweg train` trains one.",
  });
}

function withoutNegative(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-negative-curvature",
    message:
      "Where the numbers of each tensor are shuffled, the loss has no negative curvature beyond rounding, so that there is none for training to make shallow.",
    hint: "The claim is about networks with hidden units.",
  });
}

/** |λ_min|/λ_max of ascending curvatures, 0 where none is negative. */
function depth(values: ArrayLike<number>): number {
  return Math.max(0, -values[0]) / values[values.length - 1];
}

function inOrder(values: readonly number[]) {
  const largest = values[values.length - 1];
  return { x: values.map((_, i) => i + 1), y: values.toReversed().map((value) => value / largest) };
}
