import { z } from "zod";
import { summedOver } from "../../quantities/summed-over.ts";
import { about, aside, type Known, partOf, settled, within } from "../../result/known.ts";
import { count, extended, real } from "../../result/real.ts";
import { noiseError } from "../noise/noise-part.ts";
import { zeroWeights } from "./zero-weights.ts";

const gradientNumbers = z.object({
  norm: aside(real),
  perExample: about(real, { title: "Gradient against one example's" })
    .nullable()
    .describe("‖g‖ divided by the root mean square norm of a single example's gradient; null where none has its own."),
  summedOver,
  noiseFloor: about(real, { title: "Sampling error of the gradient" })
    .nullable()
    .describe("√(tr Σ / n): the typical length of the error of g as an estimate of the population gradient."),
  relativeToNoise: about(real, { title: "Gradient against its noise" })
    .nullable()
    .describe("‖g‖ / √(tr Σ / n); near or below 1 the population gradient may be zero."),
  rounding: aside(real).nullable().default(null).describe("What rounding leaves of ‖g‖ unknown."),
  evidence: aside(
    z.object({
      excess: real.describe("(‖g‖² − tr Σ/n) / √(2 tr Σ²/n²): its distance from what sampling alone gives."),
      resolved: z.boolean().describe("Whether sampling alone is ruled out: the population has a gradient."),
      fitted: z.boolean().describe("Whether g is shorter than examples that the weights had not seen would leave it."),
      longest: extended.describe(
        "The 95 % bound of the length of the population's gradient; ∞ where the examples set none.",
      ),
    }),
  )
    .nullable()
    .default(null)
    .describe(
      "What g says of the population that the examples were drawn from, unless the weights were fitted to them; null with fewer than ten examples or without noise.",
    ),
  topSubspaceShare: about(real, { title: "Gradient in stiffest directions" })
    .nullable()
    .describe("‖P g‖²/‖g‖², P the projection on the measured top Hessian eigenvectors."),
  topSubspaceDimension: aside(count),
  doubtful: z
    .object({
      names: z.array(z.string()),
      share: about(real, { title: "Gradient in tensors that may not be trained" }),
    })
    .nullable()
    .default(null)
    .describe(
      "How much of ‖g‖² lies in the tensors that count as trained though nothing in the file says so; null without any, and without a gradient.",
    ),
  zeros: zeroWeights
    .nullable()
    .default(null)
    .describe(
      "How much of ‖g‖² lies in numbers of weights that are exactly 0 beside others that are not, as pruned weights and rows of padding are; null without any.",
    ),
  newtonDecrement: about(real, { title: "Gain of a Newton step there" })
    .nullable()
    .describe(
      "½ Σ (gᵀvᵢ)²/λᵢ over the measured positive eigenvalues: what a Newton step in that subspace would gain to second order.",
    ),
  tensors: z.array(
    about(z.object({ name: z.string(), norm: about(real, { title: "Length of the gradient" }) }), {
      members: ({ norm }, whole) => ({ norm: settled(within(norm, gradientRounding(whole))) }),
    }),
  ),
});

/** The gradient beside its yardsticks. */
export const gradientPart = {
  gradient: about(gradientNumbers, {
    members: ({ norm, rounding, perExample, noiseFloor, relativeToNoise }, whole) => {
      const noise = noiseError(whole);
      const relative = rounding === null || norm === 0 || noise === null ? null : rounding / norm + noise;
      return {
        perExample: exactUpTo(perExample, relative),
        noiseFloor: exactUpTo(noiseFloor, noise),
        relativeToNoise: exactUpTo(relativeToNoise, relative),
      };
    },
  }).nullable(),
};

export type GradientPart = z.output<typeof gradientNumbers>;

/** What rounding leaves of the gradient, and so of each of its parts; null where a result does not say. */
export function gradientRounding(whole: unknown): number | null {
  return partOf(whole, { gradient: gradientNumbers.pick({ rounding: true }).nullable() })?.gradient?.rounding ?? null;
}

/** A number without sampling error, known to a relative error; nothing where there is no number. */
function exactUpTo(value: number | null, relative: number | null): Known | undefined {
  return value === null ? undefined : settled(within(value, relative === null ? null : Math.abs(value) * relative));
}
