import { z } from "zod";
import { estimate, eigenvalue, interval } from "./estimates.ts";
import { arrayReference } from "./named-arrays.ts";
import { count, extended, real } from "./real.ts";

/*
 * A part that was not measured (skipped, failed or not defined for this problem) is null, never 0;
 * `sections` says why.
 */

export const gradientPart = z.object({
  norm: real,
  perExample: real
    .nullable()
    .describe("‖g‖ divided by the root mean square norm of a single example's gradient; null where none has its own."),
  noiseFloor: real
    .nullable()
    .describe("√(tr Σ / n): the typical length of the error of g as an estimate of the population gradient."),
  relativeToNoise: real.nullable().describe("‖g‖ / √(tr Σ / n); near or below 1 the population gradient may be zero."),
  rounding: real.nullable().default(null).describe("What rounding leaves of ‖g‖ unknown."),
  evidence: z
    .object({
      excess: real.describe("(‖g‖² − tr Σ/n) / √(2 tr Σ²/n²): its distance from what sampling alone gives."),
      resolved: z.boolean().describe("Whether sampling alone is ruled out: the population has a gradient."),
      fitted: z.boolean().describe("Whether g is shorter than examples that the weights had not seen would leave it."),
      longest: real.describe("The 95 % bound of the length of the population's gradient."),
    })
    .nullable()
    .default(null)
    .describe(
      "What g says of the population that the examples were drawn from, unless the weights were fitted to them; null with fewer than ten examples or without noise.",
    ),
  topSubspaceShare: real.nullable().describe("‖P g‖²/‖g‖², P the projection on the measured top Hessian eigenvectors."),
  topSubspaceDimension: count,
  newtonDecrement: real
    .nullable()
    .describe(
      "½ Σ (gᵀvᵢ)²/λᵢ over the measured positive eigenvalues: what a Newton step in that subspace would gain to second order.",
    ),
  tensors: z.array(z.object({ name: z.string(), norm: real })),
});

export const densityPart = z.object({
  method: z.string(),
  products: count,
  probes: count,
  steps: count,
  width: real.describe("σ of the Gaussian with which every eigenvalue is drawn."),
  grid: z.array(real),
  density: z.array(real).describe("Integrates to 1 over the grid."),
  lower: z.array(real).describe("Pointwise band at the stated confidence; equal to `density` where exact."),
  upper: z.array(real),
  confidence: real,
  exact: z.boolean(),
  nodes: z
    .array(z.object({ value: real, weight: real }))
    .describe("The spectral measure behind the curve: weights sum to 1. Empty where the whole spectrum was computed."),
  eigenvalues: arrayReference.nullable().describe("All eigenvalues, ascending, where they were computed."),
  converged: z.boolean(),
});

export const negativeSharePart = estimate.extend({
  threshold: real.describe("|λ| below this counts as zero: the rounding of the products."),
  zeroShare: real
    .nullable()
    .describe(
      "Share of eigenvalues within ± the threshold; null where the quadrature leaves it open by more than ± 5 %.",
    ),
  zeroInterval: interval
    .nullable()
    .default(null)
    .describe("Holds the share of zeros; parameters that no product ever reaches count as zeros for certain."),
  negative: count.nullable().describe("The number of negative eigenvalues, where the whole spectrum was computed."),
});

export const hessianPart = z.object({
  top: z
    .array(eigenvalue)
    .nullable()
    .describe(
      "Largest eigenvalues, descending. Within its residual of each value lies an eigenvalue; at a coarse tolerance it need not be the one of this place, which is no smaller than the value.",
    ),
  bottom: z
    .array(eigenvalue)
    .nullable()
    .describe(
      "Smallest eigenvalues, ascending. Within its residual of each value lies an eigenvalue; at a coarse tolerance it need not be the one of this place, which is no larger than the value.",
    ),
  multiplicity: z
    .object({
      checked: z.boolean(),
      found: count,
      missProbability: real.nullable(),
      margin: real
        .nullable()
        .default(null)
        .describe("How far beyond the last reported eigenvalue one that was missed may lie all the same."),
    })
    .nullable()
    .describe("The search for copies of an eigenvalue that one Krylov space cannot see."),
  eigenvalueProducts: count.nullable(),
  eigenvalueMethod: z.string().nullable().describe("How the extreme eigenvalues were found."),
  eigenvaluesConverged: z.boolean().nullable(),
  trace: estimate.nullable(),
  frobenius: estimate.nullable(),
  density: densityPart.nullable(),
  negativeShare: negativeSharePart.nullable(),
  negativeDepth: real
    .nullable()
    .describe("|λmin| over the largest |eigenvalue|, 0 where λmin is not negative; over λmax as 0.1.0 wrote it."),
  roundoff: real.nullable().default(null).describe("Unit roundoff of the arithmetic."),
  gradientResolution: real
    .nullable()
    .default(null)
    .describe(
      "A gradient shorter than this is zero as far as the arithmetic tells: what rounding the weights moves it by.",
    ),
  effectiveRank: z
    .object({
      frobenius: real
        .nullable()
        .describe(
          "‖H‖F² / ‖H‖₂²: how many eigenvalues as large as the largest in size would give this Frobenius norm.",
        ),
      frobeniusError: real.nullable().default(null).describe("Its standard error, by the delta method."),
      trace: real.nullable().describe("tr H / ‖H‖₂; meaningful where negative curvature is small."),
    })
    .nullable(),
  condition: z
    .object({
      value: real,
      of: z.string(),
      largest: real,
      smallest: real,
      bound: z
        .enum(["value", "lower bound"])
        .nullable()
        .default(null)
        .describe("A lower bound where eigenvalues within the threshold may be positive too."),
      error: real.nullable().default(null).describe("What rounding leaves of the value, where it is no bound."),
    })
    .nullable()
    .describe("λmax over the smallest eigenvalue above the threshold: the condition number of the positive part."),
});

export const gaussNewtonPart = z.object({
  top: z.array(eigenvalue).nullable(),
  trace: estimate.nullable(),
});

export const residualPart = z.object({
  top: z.array(eigenvalue).nullable(),
  bottom: z.array(eigenvalue).nullable(),
  trace: estimate.nullable(),
  share: real.nullable().describe("Largest |eigenvalue| of H − G over the largest of H."),
});

export const noisePart = z.object({
  method: z.string(),
  trace: estimate.describe("tr Σ, Σ = (1/n) Σ (gᵢ − g)(gᵢ − g)ᵀ."),
  top: z.array(eigenvalue).nullable().describe("Largest eigenvalues of Σ, descending."),
  criticalBatchSize: z
    .object({
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
    })
    .nullable()
    .describe(
      "tr Σ / ‖∇L‖² (McCandlish et al. 2018), ∇L with the L2 term; an upper end of ∞ makes the interval a bound. Null where there is none: see `noCriticalBatchSize`.",
    ),
  noCriticalBatchSize: z.string().nullable().default(null).describe("Why there is no critical batch size."),
  effectiveDirections: real.nullable().describe("tr Σ / λmax(Σ)."),
  alignment: z
    .object({
      cosine: z
        .object({ value: real, standardError: real, products: count, interval: interval.nullable().default(null) })
        .describe("tr(ΣH) / (‖Σ‖F ‖H‖F)."),
      curvatureAlongNoise: real.describe("tr(ΣH) / tr Σ: the mean curvature that a step of gradient noise meets."),
      curvatureAlongNoiseError: real.nullable().default(null).describe("Its standard error."),
      subspaceOverlap: real
        .nullable()
        .describe("‖Uᵀ V‖F² / k for the k leading eigenvectors of Σ and of H: 1 when they span the same space."),
      subspaceDimension: count,
    })
    .nullable(),
  norms: z
    .object({ array: arrayReference, median: real, largest: real, shareOfTopTenth: real.nullable() })
    .nullable()
    .describe("‖gᵢ‖ of every example; the share of Σ‖gᵢ‖² that a tenth of the examples carries."),
});

const movingMeasure = z.object({
  name: z.string(),
  title: z.string(),
  value: real,
  standardError: real.nullable(),
  error: real
    .nullable()
    .default(null)
    .describe("How far off the value may be: the residual of an eigenvalue, a standard error; null for a bound."),
  bound: z.enum(["value", "lower bound"]).describe("An ascent finds a lower bound of a maximum."),
  definition: z.string(),
  predicted: real.nullable().describe("What the measured gradient and curvature predict for it, to second order."),
  converged: z.boolean(),
});

export const flatnessPart = z.object({
  measures: z.array(movingMeasure),
  rescalings: z.array(
    z.object({
      symmetry: z.string(),
      factor: real,
      lossChange: real.describe("Relative change of the loss: rounding, if the symmetry is exact."),
      values: z.array(
        z.object({
          name: z.string(),
          value: real,
          error: real.nullable().default(null).describe("As of the measure itself."),
          ratio: real.nullable().describe("Over the value at the given weights; null where that is zero."),
          ratioError: real
            .nullable()
            .default(null)
            .describe(
              "How far off the ratio may be; null where both are lower bounds, whose ratio has no error to state.",
            ),
        }),
      ),
    }),
  ),
  invariant: z
    .array(z.string())
    .describe("Measures that moved by less than a tenth in every rescaling, twice their error included."),
});

export const symmetryPart = z.object({
  found: z.array(
    z.object({
      kind: z.string(),
      title: z.string(),
      tensors: z.array(z.string()),
      continuous: z.boolean(),
      count: count.describe("Number of independent flat directions (continuous) or of generators (discrete)."),
      verified: z.boolean(),
      lossChange: real.describe("Relative change of the loss under one group element."),
      gradientAlongTangent: real
        .nullable()
        .describe("|gᵀt| / (‖g‖‖t‖) for the direction t of the orbit; 0 up to rounding."),
      curvatureAlongTangent: real.nullable().describe("‖Ht‖ / (λmax‖t‖)."),
      identityError: real
        .nullable()
        .describe(
          "‖Ht + Dg‖ / (λmax‖t‖), t = Dθ: the symmetry makes it 0 up to rounding at every point, critical or not.",
        ),
    }),
  ),
  flatDirections: count.describe("Independent directions that verified continuous symmetries leave exactly flat."),
  flatDirectionsAreBound: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Whether there are so many that only those of symmetries without a common tensor were counted."),
});

export const layerPart = z.object({
  name: z.string(),
  tensors: z.array(z.string()),
  parameters: count,
  trace: estimate,
  meanCurvature: real.describe("Trace over the number of parameters."),
  top: eigenvalue.nullable().describe("Largest eigenvalue of the layer's own block of H."),
  gradientNorm: real,
  weightNorm: real,
});

export const attributionPart = z.object({
  index: count,
  eigenvalue: real,
  vector: arrayReference,
  tensors: z
    .array(z.object({ name: z.string(), share: real }))
    .describe("Squared mass of the eigenvector per tensor; sums to 1."),
  effectiveParameters: real.describe("1 / Σ vᵢ⁴: over how many parameters the eigenvector spreads."),
  gradientCosine: real.nullable().describe("Null where the gradient is zero; 0 as 0.1.0 wrote it."),
  classes: z
    .array(z.object({ class: count, cosine: real, outputChange: real }))
    .nullable()
    .describe(
      "For each class: the cosine of the eigenvector with the class's mean gradient, and the root mean square change of the outputs of its examples per unit step.",
    ),
});

export const linePart = z.object({
  direction: z.enum(["top", "bottom"]).describe("Along the eigenvector of λmax or of λmin."),
  eigenvalue,
  slope: real.describe("gᵀv at θ: v points downhill, so it is never positive."),
  step: z.array(real).describe("t, ascending: the distance from θ along v, |v| = 1."),
  loss: z.array(real.nullable()).describe("L(θ + tv); null where it is not finite."),
  quadratic: z.array(real).describe("L + gᵀv t + ½ λ t²."),
  departure: z
    .object({ step: real, value: real, error: real })
    .nullable()
    .describe(
      "The largest |L(θ + tv) − quadratic| over |gᵀv t| + ½ |λ| t², where it is, and what rounding leaves of it; null where no change is predicted.",
    ),
  holdsTo: real
    .nullable()
    .describe(
      "The largest |t| of the steps up to which none is seen to depart by more than 0.1; null where no change is predicted.",
    ),
});

export const unitLayerPart = z.object({
  name: z.string(),
  activation: z.string(),
  units: count,
  applications: count.describe(
    "How often the network applies these units: the time steps of a recurrence, the branches of shared weights.",
  ),
  dead: count.nullable().describe("Units that are 0 on every example; null where the activation has no dead region."),
  alwaysActive: count
    .nullable()
    .describe("Units that never leave the linear side: they act as linear units on this data."),
  saturated: count.nullable().describe("Units within 1 % of a bound on every example."),
  constant: count.describe("Units whose value does not vary over the data."),
  duplicates: count.describe("Units that equal an earlier unit up to a positive factor on every example."),
  meanActiveShare: real.nullable(),
  statistics: arrayReference.describe(
    "[units, 4]: mean, standard deviation, share active (or saturated), largest |value|.",
  ),
});

export const stabilityPart = z.object({
  sharpness: real.describe("λmax that the limits are made of."),
  sharpnessError: real.nullable().default(null).describe("Its residual."),
  limits: z.array(z.object({ method: z.string(), formula: z.string(), stepSize: real, note: z.string() })),
  step: z
    .object({ stepSize: real, relative: real.describe("ηλmax/2: above 1, plain gradient descent is unstable here.") })
    .nullable()
    .describe("The user's own step size, where it was given."),
});

export const verdict = z.object({ instrument: z.string(), level: z.enum(["pass", "note", "warn"]), text: z.string() });

export const section = z.object({
  instrument: z.string(),
  title: z.string(),
  status: z.enum(["measured", "not-converged", "skipped", "failed"]),
  reason: z.string().nullable().describe("Why it was skipped, failed or did not converge."),
  fault: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Where it failed: whether by a fault of Thalweg's own, which the exit code tells too."),
  products: count,
  measures: z.string(),
  means: z.string(),
  doesNotMean: z.string(),
  tryNext: z.string(),
});

export const profileResult = z.object({
  loss: real,
  lossRounding: real.nullable().default(null).describe("What rounding may have changed the loss by."),
  accuracy: real.nullable().describe("Share of right predictions; null for regression."),
  gradientNorm: real,
  gradient: gradientPart.nullable(),
  hessian: hessianPart,
  gaussNewton: gaussNewtonPart.nullable(),
  residual: residualPart.nullable(),
  stability: stabilityPart.nullable(),
  noise: noisePart.nullable(),
  flatness: flatnessPart.nullable(),
  symmetries: symmetryPart.nullable(),
  layers: z.array(layerPart).nullable(),
  attribution: z.array(attributionPart).nullable(),
  units: z.array(unitLayerPart).nullable(),
  lines: z.array(linePart).nullable().default(null).describe("The loss along the extreme eigenvectors of the Hessian."),
  verdicts: z.array(verdict),
  sections: z.array(section),
  converged: z.boolean().describe("Whether every instrument reached its tolerance."),
  products: count.describe("All matrix–vector products of the run."),
});

export type ProfileResult = z.output<typeof profileResult>;
export type Verdict = z.output<typeof verdict>;
export type Section = z.output<typeof section>;
export type GradientPart = z.output<typeof gradientPart>;
export type HessianPart = z.output<typeof hessianPart>;
export type NoisePart = z.output<typeof noisePart>;
export type FlatnessPart = z.output<typeof flatnessPart>;
export type SymmetryPart = z.output<typeof symmetryPart>;
export type LayerPart = z.output<typeof layerPart>;
export type AttributionPart = z.output<typeof attributionPart>;
export type LinePart = z.output<typeof linePart>;
export type UnitLayerPart = z.output<typeof unitLayerPart>;
export type StabilityPart = z.output<typeof stabilityPart>;
