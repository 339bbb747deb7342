import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { chain } from "../../toys/chain.ts";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";
import { type MeanOfExamples, onBatches, whole } from "./on-batches.ts";
import { inputsOf, rectifiedNetwork, weightsOf } from "./rectified-network.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

const EXAMPLES = 16;
const BATCH = 4;
const EPOCHS = 200;
const WIDTHS = { inputs: 8, hidden: 12, outputs: 1 };
/** ηλ₁ where a network begins: above 2/λ₁ for a step that is EXAMPLES/BATCH times as large. */
const START = 0.75;
/** Largest ratio that still counts as no gap. */
const CLOSED = 1.5;

/** Examples that share no weight: the mean of ½(uᵢvᵢ − 1)², and where each pair begins, with a sharpness above 2B/η and below 2n/η. */
const PAIR = { lr: 1.2, from: [3, 0.5] };
const pair = chain.with({ n: 2, p: 1 });

/** λ₁ at the end of batches of all examples and of a few at one step size, and of all at one η/B. */
const ends = z.object({ whole: z.number(), few: z.number(), scaled: z.number() });

export const largeBatches = defineClaim({
  id: "F3",
  topic: "flatness",
  statement: "Large batches end in sharper minima.",
  says: "rival",
  law: "λ₁(B = n) ≥ λ₁(B = 4) at the same η; at the same η/B the ratio of the two is below 1.5, and 1 for examples that share no weight, which are at rest only where λ₁ ≤ 2B/(ηn)",
  rival: "λ₁(B = n) > λ₁(B = 4), whatever the step size",
  condition: "the step size is the same; where it grows with the batch, the gap is gone",
  source:
    "Keskar et al. 2017 for the statement; Goyal et al. 2017 and Smith, Kindermans, Ying & Le 2018 for η/B; Wu, Ma & E 2018 for stability",
  why: "Batches were compared at step sizes that each was tuned for, or at one and the same, and small ones leave sharp minima that the mean of all examples stays in.",
  means:
    "Let the step size grow with the batch before blaming the batch: at one η/B the minimum of the large batch is not the sharper one, here even the flatter, as its larger step comes to the edge of stability.",
  breaks:
    "The full batch bears no step above 2/λ₁ for long, so that η cannot grow without end; whether the flatter minimum is the better one on new data is claim F1.",
  reading: [
    "Keskar, Mudigere, Nocedal, Smelyanskiy & Tang, ICLR (2017)",
    "Goyal et al., arXiv:1706.02677 (2017)",
    "Wu, Ma & E, NeurIPS 31 (2018)",
  ],
  parameters: z.object({ networks: scaled(60, 4, "networks, each trained three times") }),
  found: z.object({ networks: z.array(ends), pairs: ends }),
  measure: ({ networks }, _part, { random }) => ({
    networks: Array.from({ length: networks }, (_, i) => {
      const { mean, home } = drawn(random.split(`network ${i}`));
      return endsOf(mean, home, { lr: START / sharpness(mean, home), random: random.split(`order ${i}`) });
    }),
    pairs: endsOf(
      { examples: EXAMPLES, over: pairs },
      Float64Array.from({ length: 2 * EXAMPLES }, (_, i) => PAIR.from[i % 2]),
      { lr: PAIR.lr, random },
    ),
  }),
  conclude([{ networks, pairs: apart }]) {
    const ratios = (of: (each: z.output<typeof ends>) => number) => sampleMean(Float64Array.from(networks, of));
    const [equal, scaledUp] = [ratios((each) => each.whole / each.few), ratios((each) => each.scaled / each.few)];
    const limit = (2 * BATCH) / (PAIR.lr * EXAMPLES);
    return {
      evidence: [
        weigh({
          name: `λ₁(B = ${EXAMPLES})/λ₁(B = ${BATCH}) of a network at the same η/B, mean over ${networks.length}`,
          measured: scaledUp.value,
          standardError: scaledUp.standardError,
          law: atMost(CLOSED),
          rival: atLeast(1),
        }),
        weigh({
          name: `λ₁(B = ${EXAMPLES})/λ₁(B = ${BATCH}) at the same η/B, examples that share no weight`,
          measured: apart.scaled / apart.few,
          law: equals(1),
          rival: equals(apart.whole / apart.few),
          allowed: 1e-9,
        }),
        weigh({
          name: `λ₁ at the end of batches of ${BATCH} over 2B/(ηn), examples that share no weight`,
          measured: apart.few / limit,
          law: atMost(1),
          rival: atMost(1),
        }),
        weigh({
          name: `λ₁(B = ${EXAMPLES})/λ₁(B = ${BATCH}) at the same η, examples that share no weight`,
          measured: apart.whole / apart.few,
          law: atLeast(1),
          rival: atLeast(1),
        }),
        weigh({
          name: `λ₁(B = ${EXAMPLES})/λ₁(B = ${BATCH}) of a network at the same η, mean over ${networks.length}`,
          measured: equal.value,
          standardError: equal.standardError,
          law: atLeast(1),
          rival: atLeast(1),
        }),
      ],
      picture: {
        title: "How sharp the end is, by batch and step size",
        description: `λ₁ at the end of training with all ${EXAMPLES} examples against that with batches of ${BATCH}, at the same step size η and at the same η/B.`,
        x: { title: `λ₁, B = ${BATCH}`, scale: "log" },
        y: { title: `λ₁, B = ${EXAMPLES}`, scale: "log" },
        law: [{ name: "the same", ...diagonal(networks) }],
        rival: [],
        measured: [
          { name: "the same η", x: networks.map(({ few }) => few), y: networks.map((each) => each.whole) },
          { name: "the same η/B", x: networks.map(({ few }) => few), y: networks.map((each) => each.scaled) },
        ],
      },
    };
  },
});

function diagonal(networks: readonly z.output<typeof ends>[]) {
  const few = networks.map((each) => each.few);
  const line = [minOf(few), maxOf(few)];
  return { x: line, y: line };
}

/** λ₁ of the mean over all examples. */
function sharpness(mean: MeanOfExamples, at: Float64Array): number {
  const { values } = symmetricEigen(hessianAt(whole(mean), at), at.length, false);
  return values[values.length - 1];
}

interface Training {
  readonly lr: number;
  readonly random: RandomStream;
}

/** Sharpness behind so many epochs of each kind, and as many steps of all examples at one η as of few. */
function endsOf(mean: MeanOfExamples, from: Float64Array, { lr, random }: Training): z.output<typeof ends> {
  const more = EXAMPLES / BATCH;
  const end = (batch: number, rate: number, steps: number) => {
    const on = onBatches(mean, batch, random);
    return sharpness(mean, placeAfter({ on, by: gradientDescent.with({ lr: rate }), from }, steps));
  };
  return {
    whole: end(EXAMPLES, lr, EPOCHS * more),
    few: end(BATCH, lr, EPOCHS * more),
    scaled: end(EXAMPLES, lr * more, EPOCHS),
  };
}

/** A network, and examples whose label is the sign of the first input. */
function drawn(random: RandomStream): { readonly mean: MeanOfExamples; readonly home: Float64Array } {
  const inputs = inputsOf(EXAMPLES, WIDTHS, random);
  const over = (examples: readonly number[]) =>
    rectifiedNetwork(
      WIDTHS,
      examples.map((i) => inputs[i]),
      Float64Array.from(examples, (i) => Math.sign(inputs[i][0])),
    );
  return { mean: { examples: EXAMPLES, over }, home: weightsOf(WIDTHS, random) };
}

/** The mean of ½(uᵢvᵢ − 1)² over some pairs. */
function pairs(examples: readonly number[]) {
  const one = (v: Float64Array, i: number) => v.subarray(2 * i, 2 * i + 2);
  const share = 1 / examples.length;
  return {
    dimension: 2 * EXAMPLES,
    value: (at: Float64Array) => share * examples.reduce((sum, i) => sum + pair.value(one(at, i)), 0),
    gradient(at: Float64Array, into: Float64Array) {
      into.fill(0);
      for (const i of examples) {
        pair.gradient(one(at, i), one(into, i));
        one(into, i).forEach((x, k, own) => (own[k] = share * x));
      }
    },
    hessianVector(at: Float64Array, v: Float64Array, into: Float64Array) {
      into.fill(0);
      for (const i of examples) {
        pair.hessianVector(one(at, i), one(v, i), one(into, i));
        one(into, i).forEach((x, k, own) => (own[k] = share * x));
      }
    },
  };
}
