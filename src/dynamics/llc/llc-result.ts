import { z } from "zod";
import { estimate } from "../../result/estimates.ts";
import { about, aside, deviating } from "../../result/known.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, extended, real } from "../../result/real.ts";

const withError = z.object({ value: real, standardError: extended, half: extended.describe("Of the 95 % interval.") });

const chain = z.object({
  energy: real.describe("Mean of nβ(L(w) − L(w*))."),
  distance: real.describe("Mean of ‖w − w*‖."),
  acceptance: real.describe("Share of proposals that were taken."),
});

/** What was sampled at one temperature. */
export const temperature = z.object({
  multiple: aside(real).describe("β in units of 1/ln n."),
  inverseTemperature: aside(real).describe("nβ."),
  coefficient: about(withError.extend({ effectiveSize: real, isControlled: z.boolean() }), {
    title: "λ at a temperature",
    known: ({ value, standardError }) => deviating(value, standardError),
  }).describe("λ(β) = nβ (E L(w) − L(w*)); controlled: what has mean 0 by parts was taken off."),
  variance: aside(real).describe("(nβ)² Var L(w): λ, too, where the temperature has no part in it."),
  rHat: aside(z.object({ energy: real, distance: real })).describe(
    "R̂ of split chains after rank normalisation, of L(w) and of ‖w − w*‖².",
  ),
  identity: aside(withError).describe("E[d − (w − w*)·∇U]: 0 where chains are in equilibrium, by parts."),
  localizationSlope: aside(real).describe("dλ(β)/d ln γ."),
  localizationEnergy: aside(real).describe("γ E‖w − w*‖²: directions that the localisation alone holds, about."),
  lowest: aside(real).describe("The lowest nβ(L(w) − L(w*)) that was drawn."),
  rounding: aside(real)
    .nullable()
    .describe("What rounding adds to nβ(L(w) − L(w*)), by float64 at the chains' ends; null where there is none."),
  draws: aside(count).describe("Of each chain."),
  divergences: aside(count),
  step: aside(real),
  stepsEach: aside(real).describe("Steps of a proposal, on average."),
  gradients: aside(count).describe("Of all chains, the warm-up's among them."),
  chains: aside(z.array(chain)),
});

export type Temperature = z.output<typeof temperature>;

const trace = z.object({
  multiple: real,
  draw: z.array(count),
  chains: z.array(z.array(real)).describe("nβ(L(w) − L(w*)) of each chain at those draws."),
});

/** A local learning coefficient, and how it was found. */
export const llcResult = z.object({
  coefficient: about(estimate, { title: "Local learning coefficient" }).describe(
    "λ. Its interval covers the simulation, what chains differ by, and the stated systematic error.",
  ),
  isAsymptotic: aside(z.boolean()).describe(
    "Whether the temperatures agree on a limit, which the coefficient is; else it is λ(β) at β = 1/ln n.",
  ),
  error: aside(
    z.object({
      simulation: extended.describe("Half-width of the 95 % interval of what was sampled."),
      systematic: extended.describe(
        "What the temperature, the localisation, rounding and, on batches, the steps add, at most on one side.",
      ),
    }),
  ),
  parameters: aside(count).describe("d; λ is d/2 where the loss is regular."),
  sampleSize: aside(real).describe("n, in examples."),
  localization: aside(real).describe("γ."),
  loss: aside(real).describe("L(w*)."),
  length: aside(real).nullable().default(null).describe("‖w*‖; null in results that do not say."),
  drop: aside(real).describe(
    "How far below L(w*) the lowest loss of an example lies that was drawn; 0 where none does.",
  ),
  sampler: z.object({
    name: z.string(),
    title: z.string(),
    source: z.string(),
    batch: aside(count).nullable().default(null).describe("Examples that a step is taken on; null where on all."),
  }),
  temperatures: z.array(temperature),
  ladder: aside(z.array(z.object({ multiple: real, exchanged: extended.nullable() })))
    .default([])
    .describe(
      "Temperatures that trade places, by rising β in units of 1/ln n, and the share of trades with the next that was accepted; empty where each was sampled by itself.",
    ),
  covariance: aside(z.array(z.array(real)))
    .nullable()
    .default(null)
    .describe("Of λ(β) at the temperatures, from their chains; null where these are independent."),
  freeEnergy: aside(
    z.array(
      z.object({
        from: real.describe("β in units of 1/ln n."),
        to: real,
        slope: withError
          .omit({ half: true })
          .nullable()
          .describe("d(−ln Z)/d ln β between them; null where the two hardly overlap."),
        expected: withError.omit({ half: true }).describe("The same from λ(β), integrated."),
      }),
    ),
  ),
  laws: aside(z.array(z.object({ name: z.string(), title: z.string(), probability: real, value: real }))).describe(
    "How λ(β) may approach its limit: what speaks for each.",
  ),
  trace: aside(trace),
  energies: arrayReference.describe("nβ(L(w) − L(w*)): temperatures, chains, draws; NaN where a draw is missing."),
});

export type LlcResult = z.output<typeof llcResult>;
