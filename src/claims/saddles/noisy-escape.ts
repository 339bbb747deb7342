import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { saddle } from "../../toys/saddle.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter, stepsUntil } from "../walks.ts";

const LR = 0.1;
const NOISE = 1e-3;
const STEPS = 30;
/** Walks whose noise has no part along the way down, and the steps that they are given. */
const ACROSS = { walks: 100, steps: 1000 };
const GROWTH = 1 + LR;

const on = saddle.with({});
const by = gradientDescent.with({ lr: LR });

/** σ²η²((1+ηγ)^{2t} − 1)/((1+ηγ)² − 1), γ = 1. */
const variance = (t: number) => ((NOISE * LR) ** 2 * (GROWTH ** (2 * t) - 1)) / (GROWTH ** 2 - 1);

export const noisyEscape = defineClaim({
  id: "C9",
  topic: "saddles",
  statement: "The noise of stochastic gradients carries descent off a saddle.",
  says: "rival",
  law: "noise of variance σ² along the negative curvature −γ gives Var = σ²η²((1+ηγ)²ᵗ − 1)/((1+ηγ)² − 1); noise across it gives nothing",
  rival: "noise of any direction carries the walk off",
  condition: "the noise has a part along the direction of negative curvature; noise of low rank may have none",
  source: "the variance is a geometric sum; the condition is that of Daneshmand et al. 2018",
  why: "Descent from the saddle itself stays there for ever, and any push along the way down is multiplied from then on.",
  means:
    "The noise must point where the loss falls: of a saddle between units that no example tells apart, the gradients of batches know nothing either.",
  breaks:
    "From a start that is off the saddle by as much as the noise would carry it, plain descent takes as many steps up to a logarithm.",
  reading: ["Daneshmand, Kohler, Lucchi & Hofmann, ICML (2018)", "Jin et al., ICML (2017)"],
  parameters: z.object({ walks: scaled(400_000, 60_000, "walks of 30 steps") }),
  found: z.object({ square: z.number(), standardError: z.number(), spread: z.array(z.number()), escaped: z.number() }),
  measure({ walks }, _part, { random }) {
    const from = new Float64Array(2);
    const along = withNoise(1, random);
    const squares = Float64Array.from({ length: walks }, () => placeAfter({ on: along, by, from }, STEPS)[1] ** 2);
    const sums = new Float64Array(STEPS);
    for (let i = 0; i < PICTURED; i++)
      stepsUntil({ on: along, by, from }, ([, y], step) => {
        sums[step - 1] += y * y;
        return step === STEPS;
      });
    const across = withNoise(0, random);
    let escaped = 0;
    for (let i = 0; i < ACROSS.walks; i++)
      if (!Number.isNaN(stepsUntil({ on: across, by, from }, on.goal.isReached, ACROSS.steps))) escaped++;
    const { value, standardError } = sampleMean(squares);
    return {
      square: value,
      standardError,
      spread: Array.from(sums, (sum) => Math.sqrt(sum / PICTURED)),
      escaped: escaped / ACROSS.walks,
    };
  },
  conclude([{ square, standardError, spread, escaped }]) {
    const times = Array.from({ length: STEPS }, (_, i) => i + 1);
    const law = variance(STEPS);
    return {
      evidence: [
        weigh({
          name: `variance along the way down after ${STEPS} steps with noise along it, over σ²η²`,
          measured: square / (NOISE * LR) ** 2,
          standardError: standardError / (NOISE * LR) ** 2,
          law: equals(law / (NOISE * LR) ** 2),
          rival: equals(law / (NOISE * LR) ** 2),
          allowed: (0.02 * law) / (NOISE * LR) ** 2,
        }),
        weigh({
          name: `share of walks that leave within ${ACROSS.steps} steps with the same noise across the way down`,
          measured: escaped,
          law: equals(0),
          rival: equals(1),
        }),
      ],
      picture: {
        title: "How noise grows at a saddle",
        description: "Root of the mean square along the way down against steps, of walks that begin at the saddle.",
        x: { title: "steps" },
        y: { title: "√E y²", scale: "log" },
        law: [{ name: "", x: times, y: times.map((t) => Math.sqrt(variance(t))) }],
        rival: [],
        measured: [
          {
            name: "",
            x: times,
            y: spread,
            error: spread.map((each) => each / Math.sqrt(2 * PICTURED)),
          },
        ],
      },
    };
  },
});

/** Walks that the picture is made of. */
const PICTURED = 1000;

/** The saddle with gradients that are off by normal noise in one coordinate. */
function withNoise(coordinate: number, random: RandomStream): Objective {
  return {
    ...on,
    gradient(x, into) {
      on.gradient(x, into);
      into[coordinate] += NOISE * random.normal();
    },
  };
}
