import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { hessianAt } from "../hessian-at.ts";
import { linearRegression } from "./linear-regression.ts";
import { chosenGuesses, coinDivergence, leastPenalty, maurerBound } from "./pac-bayes.ts";

/** Of a linear model: weights, examples; its inputs in other units are so many times as large. */
const [WEIGHTS, EXAMPLES, FACTOR] = [5, 50, 3];
/** Draws of ε for a penalty, and pairs of penalties that are compared. */
const [NOISE, PAIRS] = [100, 10];
/** Guessing: classifiers, examples, how sharp the posterior is; and δ. */
const GUESSING = { classifiers: 1000, examples: 20, sharpness: 3 };
const DELTA = 0.1;
/** The error of whoever guesses. */
const GUESSED = 0.5;

const pair = z.object({ ratio: z.number(), law: z.number(), traceAlone: z.number() });
const found = z.object({
  alike: z.array(pair),
  apart: z.array(pair),
  guesses: z.array(z.object({ error: z.number(), divergence: z.number() })),
});

export const traceAsComplexity = defineClaim({
  id: "F8",
  topic: "flatness",
  statement:
    "The trace of the Hessian is a measure of complexity: the flatter a minimum, the better the PAC-Bayes bound on its error.",
  says: "rival",
  law: "kl(L̂_Q‖L_Q) ≤ (KL(Q‖P) + ln(2√n/δ))/n with probability 1 − δ; for Gaussian weights about w and a prior about w₀ the least of ½σ²tr H + ‖w − w₀‖²/2σ²n is √(tr H/n)‖w − w₀‖: trace times distance",
  rival:
    "the trace alone is the complexity: what the weights cost is √tr H times the same, wherever the prior is, and where there is no trace, as among finitely many classifiers, kl(L̂_Q‖L_Q) ≤ ln(2√n/δ)/n",
  condition: "the minima that are compared are as far from where the prior is",
  source:
    "Maurer 2004 for the bound, from E exp(n kl) = Σ C(n, k)(k/n)ᵏ(1 − k/n)ⁿ⁻ᵏ ≤ 2√n, 6.3 of 8.9 at the n = 20 here; Dziugaite & Roy 2017 for Gaussian weights; the least over σ by its derivative",
  why: "A flat minimum allows noisy weights, and noisy weights take fewer bits to tell.",
  means:
    "Compare tr H ‖w − w₀‖², not tr H: in other units of the inputs a trace is another number, and the bound is what it was.",
  breaks:
    "The bound is of random weights, not of w itself, and says nothing below about KL/n; the prior must not have seen the data.",
  reading: ["Maurer, arXiv:cs/0411099 (2004)", "Dziugaite & Roy, UAI (2017)"],
  notOnNetworks:
    "compares minima by their distance from a prior that has not seen the data, and a file holds no such prior",
  parameters: z.object({
    sets: scaled(10_000, 1000, "data sets, each new"),
    pairs: scaled(50, PAIRS, "pairs of minima"),
  }),
  found,
  measure({ sets, pairs }, _part, { random }) {
    const drawn = (isApart: boolean) =>
      Array.from({ length: pairs }, (_, k) => comparedPair(isApart, random.split(`${isApart} ${k}`)));
    return {
      alike: drawn(false),
      apart: drawn(true),
      guesses: Array.from({ length: sets }, () => chosenGuesses(GUESSING, random)),
    };
  },
  conclude([{ alike, apart, guesses }]) {
    const { examples } = GUESSING;
    const violated = (boundOf: (divergence: number) => number) =>
      sampleMean(
        Float64Array.from(guesses, ({ error, divergence }) =>
          coinDivergence(error, GUESSED) > boundOf(divergence) ? 1 : 0,
        ),
      );
    const [whole, without] = [
      violated((divergence) => maurerBound(divergence, examples, DELTA)),
      violated(() => maurerBound(0, examples, DELTA)),
    ];
    const compared = (pairs: readonly z.output<typeof pair>[], about: string) => {
      const { value, standardError } = sampleMean(Float64Array.from(pairs, ({ ratio, law }) => Math.log(ratio / law)));
      const rival = sampleMean(Float64Array.from(pairs, ({ traceAlone, law }) => Math.log(traceAlone / law))).value;
      return weigh({
        name: `ln of what Gaussian weights cost with inputs ${FACTOR} times as large, over that before, less what trace times distance says, ${about}`,
        measured: value,
        standardError,
        law: equals(0),
        rival: equals(rival),
        allowed: 3 * standardError,
      });
    };
    return {
      evidence: [
        compared(apart, "prior about 0"),
        compared(alike, "prior as far from both"),
        weigh({
          name: `share of data sets on which the bound is exceeded, δ = ${DELTA}`,
          measured: whole.value,
          standardError: whole.standardError,
          law: atMost(DELTA),
        }),
        weigh({
          name: `share of data sets on which it is without KL(Q‖P), δ = ${DELTA}`,
          measured: without.value,
          standardError: without.standardError,
          law: atLeast(DELTA),
          rival: atMost(DELTA),
        }),
      ],
      picture: {
        title: "What flat minima cost",
        description:
          "Least PAC-Bayes cost of Gaussian weights with inputs in larger units, over that before, against what trace times distance says; prior about 0, and as far from both.",
        x: { title: "√tr H ‖w − w₀‖, over that before" },
        y: { title: "cost, over that before" },
        law: [{ name: "the same", x: [0.9, FACTOR], y: [0.9, FACTOR] }],
        rival: [{ name: "√tr H alone", x: [0.9, FACTOR], y: [FACTOR, FACTOR] }],
        measured: [
          { name: "prior about 0", x: apart.map(({ law }) => law), y: apart.map(({ ratio }) => ratio) },
          { name: "prior as far from both", x: alike.map(({ law }) => law), y: alike.map(({ ratio }) => ratio) },
        ],
      },
    };
  },
});

/** One linear model with its inputs in two units: the same function, (X, w) and (sX, w/s), and traces that differ by s². */
function comparedPair(isApart: boolean, random: RandomStream): z.output<typeof pair> {
  const inputs = Array.from({ length: EXAMPLES }, () => random.normalVector(WEIGHTS));
  const fitted = random.normalVector(WEIGHTS);
  const away = random.normalVector(WEIGHTS);
  const minima = [1, FACTOR].map((unit) => {
    const scaledInputs = inputs.map((x) => x.map((each) => unit * each));
    const home = fitted.map((w) => w / unit);
    // Its labels are its own: w is a minimum, of loss 0.
    const labels = inputs.map((x) => x.reduce((sum, each, i) => sum + each * fitted[i], 0));
    const loss = linearRegression(scaledInputs, labels);
    const from = isApart ? new Float64Array(WEIGHTS) : home.map((w, i) => w + away[i]);
    const hessian = hessianAt(loss, home);
    const trace = home.reduce((sum, _, i) => sum + hessian[i * WEIGHTS + i], 0);
    const noise = Array.from({ length: NOISE }, () => random.normalVector(WEIGHTS));
    return {
      trace,
      distance: norm2(home.map((w, i) => w - from[i])),
      penalty: leastPenalty({ loss, home, from, examples: EXAMPLES }, noise),
    };
  });
  const [before, after] = minima;
  const traceAlone = Math.sqrt(after.trace / before.trace);
  return {
    ratio: after.penalty / before.penalty,
    law: (traceAlone * after.distance) / before.distance,
    traceAlone,
  };
}
