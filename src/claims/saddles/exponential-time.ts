import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { perturbedGradientDescent } from "../../optimizers/perturbed-gradient-descent.ts";
import { octopus } from "../../toys/octopus.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { threeSigma } from "../three-sigma.ts";
import { stepsUntil } from "../walks.ts";

const LR = 0.1;
/** L = γ: curvatures 2 across and −2 down. */
const SETTING = { l: 1, gamma: 1 };
/** Saddles; with one more the distance from it falls below the smallest number of float64, and gradient descent stays for ever. */
const SADDLES = [2, 3, 4, 5, 6, 7];
/** Saddles that perturbed descent is given. */
const MANY = [16, 64];

/** T(d + 1) = F T(d) + constant: while x grows as (1 + 2ηγ)ᵗ, what comes next shrinks as (1 − 2ηL)ᵗ, from the first step on. */
const FACTOR = 1 - Math.log(1 - 2 * LR * SETTING.l) / Math.log(1 + 2 * LR * SETTING.gamma);

export const exponentialTime = defineClaim({
  id: "C8",
  topic: "saddles",
  statement: "Gradient descent can take exponentially many steps to pass one saddle after the other.",
  says: "law",
  law: "on the octopus what one saddle more costs, T(d) − T(d − 1), grows by the factor 1 − ln(1 − 2ηL)/ln(1 + 2ηγ) with each, about (L + γ)/γ; with random nudges T ∝ d up to logarithms",
  rival: "each saddle costs as much as the one before: T ∝ d; with nudges T grows as without",
  source: "Du et al. 2017; the factor is that of the logarithms of the distances",
  why: "While one direction is left, descent goes on towards the saddle in all directions that are to be left later, and the logarithm of the distance decides how long each takes.",
  means:
    "A bound on the time at one saddle says nothing of a chain of them: noise, or nudges, cut the debt that is piled up for the next one.",
  breaks:
    "In float64 the debt ends where the distance underflows: from then on descent stays at the saddle for ever. Random starts and random functions rarely have such an order of saddles.",
  reading: ["Du, Jin, Lee, Jordan, Póczos & Singh, NeurIPS 30 (2017)"],
  parameters: z.object({ starts: scaled(40, 10, "random starts") }),
  found: z.object({ plain: z.array(z.array(z.number())), nudged: z.array(z.array(z.number())) }),
  measure({ starts }, _part, { random }) {
    const by = gradientDescent.with({ lr: LR });
    const nudging = perturbedGradientDescent.with({ lr: LR, radius: 0.1, threshold: 0.1, interval: 30 });
    const begin = (d: number) => Float64Array.from({ length: d }, () => 0.3 + 0.7 * random.uniform());
    return {
      plain: Array.from({ length: starts }, () => {
        const from = begin(SADDLES[SADDLES.length - 1]);
        return SADDLES.map((d) => {
          const on = octopus.with({ ...SETTING, d });
          return stepsUntil({ on, by, from: from.subarray(0, d) }, on.goal.isReached);
        });
      }),
      nudged: Array.from({ length: starts }, (_, i) =>
        MANY.map((d) => {
          const on = octopus.with({ ...SETTING, d });
          return stepsUntil({ on, by: nudging, from: begin(d), random: random.split(`${i}, ${d}`) }, on.goal.isReached);
        }),
      ),
    };
  },
  conclude([{ plain, nudged }]) {
    const meanLog = (all: readonly (readonly number[])[], of: (times: readonly number[]) => number) =>
      sampleMean(Float64Array.from(all, (times) => Math.log(of(times))));
    const last = SADDLES.length - 1;
    const doubled = Math.log(MANY[1] / MANY[0]);
    const nudges = meanLog(nudged, ([few, many]) => many / few);
    const means = SADDLES.map((_, i) => sampleMean(Float64Array.from(plain, (times) => times[i])));
    return {
      evidence: [
        ...[last, last - 1].map((i) => {
          const { value, standardError } = meanLog(
            plain,
            (times) => (times[i] - times[i - 1]) / (times[i - 1] - times[i - 2]),
          );
          return weigh({
            name: `ln of what saddle ${SADDLES[i]} costs gradient descent over what saddle ${SADDLES[i - 1]} does, η = ${LR}, L = γ = 1`,
            measured: value,
            standardError,
            law: equals(Math.log(FACTOR)),
            rival: equals(0),
            allowed: Math.max(0.01, threeSigma(standardError, plain.length)),
          });
        }),
        weigh({
          name: `order in d of the steps with nudges, from ${MANY[0]} to ${MANY[1]} saddles`,
          measured: nudges.value / doubled,
          standardError: nudges.standardError / doubled,
          law: equals(1),
          rival: equals(((MANY[1] - MANY[0]) * Math.log(FACTOR)) / doubled),
          allowed: 0.25,
        }),
      ],
      picture: {
        title: "Steps to pass a chain of saddles",
        description:
          "Mean number of steps of gradient descent from random starts against the number of saddles; the lines go through the first.",
        x: { title: "saddles d" },
        y: { title: "steps", scale: "log" },
        law: [{ name: "", x: SADDLES, y: SADDLES.map((d) => means[0].value * FACTOR ** (d - SADDLES[0])) }],
        rival: [{ name: "∝ d", x: SADDLES, y: SADDLES.map((d) => (means[0].value * d) / SADDLES[0]) }],
        measured: [
          {
            name: "",
            x: SADDLES,
            y: means.map(({ value }) => value),
            error: means.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
});
