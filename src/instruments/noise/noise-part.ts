import { z } from "zod";
import { eigenvalue, estimate, inPlace, interval, limitOfSearch } from "../../result/estimates.ts";
import { about, aside, between, deviating, partOf, sampled, within } from "../../result/known.ts";
import { countedUnequally } from "../../quantities/counted-unequally.ts";
import { summedOver } from "../../quantities/summed-over.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, extended, real } from "../../result/real.ts";

const noiseNumbers = z.object({
  method: z.string(),
  summedOver,
  countedUnequally,
  trace: about(estimate, { title: "Total gradient noise, tr Σ" }).describe(
    "tr Σ, Σ = (1/n) Σ dᵢdᵢᵀ with dᵢ = gᵢ − g, and dᵢ = gᵢ − rᵢg where examples count unequally (`countedUnequally`).",
  ),
  top: z
    .array(about(eigenvalue, { title: "Largest found of Σ" }))
    .nullable()
    .describe("Largest eigenvalues of Σ, descending."),
  criticalBatchSize: about(
    z.object({
      value: extended,
      standardError: extended,
      interval,
      population: extended.describe("tr Σ / (‖g‖² − tr Σ/n): the bias of ‖g‖² removed; ∞ where nothing is left."),
      sample: extended
        .nullable()
        .default(null)
        .describe("tr Σ / ‖g‖² of these examples alone, without sampling error."),
      about: z
        .enum(["population", "sample"])
        .nullable()
        .default(null)
        .describe(
          "What value and interval speak of: the population, unless the weights were fitted to these examples; or these examples, where the gradient is shorter than unseen ones would leave it. Null as 0.1.0 wrote it: tr Σ / ‖g‖² with an interval for the population.",
        ),
    }),
    {
      title: "Critical batch size",
      known: ({ value, standardError, interval: range, about: of }) => ({
        ...(standardError === 0 ? between(value, range) : sampled(value, range, 0, "examples")),
        meaning: of === null ? "tr Σ/‖g‖² with an interval for the population" : `that of the ${of}`,
      }),
    },
  )
    .nullable()
    .describe(
      "tr Σ / ‖∇L‖² (McCandlish et al. 2018), ∇L with the L2 term; an upper end of ∞ makes the interval a bound. Null where there is none: see `noCriticalBatchSize`.",
    ),
  noCriticalBatchSize: z.string().nullable().default(null).describe("Why there is no critical batch size."),
  effectiveDirections: about(real, { title: "Directions that the noise fills" }).nullable().describe("tr Σ / λmax(Σ)."),
  alignment: about(
    z.object({
      cosine: about(
        z.object({ value: real, standardError: real, products: count, interval: interval.nullable().default(null) }),
        {
          title: "Alignment of noise with curvature",
          known: ({ value, standardError, interval: range }) =>
            range === null ? deviating(value, standardError) : sampled(value, range),
        },
      ).describe("tr(ΣH) / (‖Σ‖F ‖H‖F)."),
      curvatureAlongNoise: about(real, { title: "Mean curvature along the noise" }).describe(
        "tr(ΣH) / tr Σ: the mean curvature that a step of gradient noise meets.",
      ),
      curvatureAlongNoiseError: aside(real).nullable().default(null).describe("Its standard error."),
      subspaceOverlap: about(real, { title: "Shared subspace of Σ and H" })
        .nullable()
        .describe("‖Uᵀ V‖F² / k for the k leading eigenvectors of Σ and of H: 1 when they span the same space."),
      subspaceDimension: aside(count),
    }),
    {
      members: ({ curvatureAlongNoise, curvatureAlongNoiseError }) => ({
        curvatureAlongNoise: deviating(curvatureAlongNoise, curvatureAlongNoiseError),
      }),
    },
  ).nullable(),
  norms: z
    .object({
      array: arrayReference,
      median: about(real, { title: "Median length of an example's gradient" }),
      largest: about(real, { title: "Largest length of an example's gradient" }),
      shareOfTopTenth: about(real, { title: "Share of a tenth of the examples" }).nullable(),
    })
    .nullable()
    .describe("‖gᵢ‖ of every example; the share of Σ‖gᵢ‖² that a tenth of the examples carries."),
});

/** The noise of the gradients of single examples. */
export const noisePart = {
  noise: about(noiseNumbers, {
    members: ({ top, trace, effectiveDirections }) => {
      const [first] = top ?? [];
      const relative = first && first.residual / first.value + (trace.rounding ?? Number.NaN) / trace.value;
      return {
        top: inPlace(top, "top", limitOfSearch({ top }, "top")),
        ...(effectiveDirections !== null && {
          effectiveDirections: within(effectiveDirections, relative && effectiveDirections * relative),
        }),
      };
    },
  }).nullable(),
};

export type NoisePart = z.output<typeof noiseNumbers>;

/** Relative error of tr Σ, which is no less than that of the lengths of the examples' gradients; null where a result does not say. */
export function noiseError(whole: unknown): number | null {
  const trace = partOf(whole, { noise: noiseNumbers.pick({ trace: true }).nullable() })?.noise?.trace;
  return trace?.rounding === undefined ? null : trace.rounding / trace.value;
}
