import { z } from "zod";
import { estimate, eigenvalue, inPlace, interval, largestUnseen, limitOfSearch, NOT_CONVERGED } from "./estimates.ts";
import {
  about,
  aside,
  atLeast,
  between,
  counted,
  deviating,
  doubted,
  type Known,
  sampled,
  settled,
  unstated,
  within,
} from "./known.ts";
import { arrayReference } from "./named-arrays.ts";
import { count, extended, real } from "./real.ts";

/*
 * A part that was not measured (skipped, failed or not defined for this problem) is null, never 0;
 * `sections` says why. What each schema says of its numbers (`about`) is what `thalweg compare` compares them by.
 */

const gradientNumbers = z.object({
  norm: aside(real),
  perExample: about(real, { title: "Gradient against one example's" })
    .nullable()
    .describe("‖g‖ divided by the root mean square norm of a single example's gradient; null where none has its own."),
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
      longest: real.describe("The 95 % bound of the length of the population's gradient."),
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
  newtonDecrement: about(real, { title: "Gain of a Newton step there" })
    .nullable()
    .describe(
      "½ Σ (gᵀvᵢ)²/λᵢ over the measured positive eigenvalues: what a Newton step in that subspace would gain to second order.",
    ),
  tensors: z.array(
    about(z.object({ name: z.string(), norm: about(real, { title: "Length of the gradient" }) }), {
      members: ({ norm }, { gradientRounding }) => ({ norm: settled(within(norm, gradientRounding)) }),
    }),
  ),
});

export const gradientPart = about(gradientNumbers, {
  members: ({ norm, rounding, perExample, noiseFloor, relativeToNoise }, { noiseError }) => {
    const relative = rounding === null || norm === 0 || noiseError === null ? null : rounding / norm + noiseError;
    return {
      perExample: exactUpTo(perExample, relative),
      noiseFloor: exactUpTo(noiseFloor, noiseError),
      relativeToNoise: exactUpTo(relativeToNoise, relative),
    };
  },
});

/** A number without sampling error, known to a relative error; nothing where there is no number. */
function exactUpTo(value: number | null, relative: number | null): Known | undefined {
  return value === null ? undefined : settled(within(value, relative === null ? null : Math.abs(value) * relative));
}

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

const shareNumbers = estimate.extend({
  threshold: real.describe("|λ| below this counts as zero: the rounding of the products."),
  zeroShare: about(real, { title: "Share of zero eigenvalues" })
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

export const negativeSharePart = about(shareNumbers, {
  known: ({ value, standardError, interval: range, converged, threshold }) => ({
    ...settled(doubted(standardError === 0 ? between(value, range) : sampled(value, range), doubtOf(converged))),
    threshold,
  }),
  members: ({ zeroShare, zeroInterval, standardError, converged, threshold }) => {
    if (zeroShare === null || zeroInterval === null) return {};
    const known = standardError === 0 ? between(zeroShare, zeroInterval) : sampled(zeroShare, zeroInterval);
    return { zeroShare: { ...settled(doubted(known, doubtOf(converged))), threshold } };
  },
});

function doubtOf(converged: boolean): string | undefined {
  return converged ? undefined : NOT_CONVERGED;
}

const EXTREMES = { instrument: "eigenvalues" } as const;
const SPECTRUM = { instrument: "spectrum" } as const;
const TRACE = { instrument: "trace" } as const;

const hessianNumbers = z.object({
  top: about(z.array(about(eigenvalue, { title: "Largest eigenvalue of H" })), EXTREMES)
    .nullable()
    .describe(
      "Largest eigenvalues, descending. Within its residual of each value lies an eigenvalue; at a coarse tolerance it need not be the one of this place, which is no smaller than the value.",
    ),
  bottom: about(z.array(about(eigenvalue, { title: "Smallest eigenvalue of H" })), EXTREMES)
    .nullable()
    .describe(
      "Smallest eigenvalues, ascending. Within its residual of each value lies an eigenvalue; at a coarse tolerance it need not be the one of this place, which is no larger than the value.",
    ),
  multiplicity: aside(
    z.object({
      checked: z.boolean(),
      found: count,
      missProbability: real.nullable(),
      margin: real
        .nullable()
        .default(null)
        .describe("How far beyond the last reported eigenvalue one that was missed may lie all the same."),
    }),
  )
    .nullable()
    .describe("The search for copies of an eigenvalue that one Krylov space cannot see."),
  eigenvalueProducts: aside(count).nullable(),
  eigenvalueMethod: z.string().nullable().describe("How the extreme eigenvalues were found."),
  eigenvaluesConverged: z.boolean().nullable(),
  trace: about(estimate, { title: "Trace of H", ...TRACE }).nullable(),
  frobenius: about(estimate, { title: "Frobenius norm of H", ...TRACE }).nullable(),
  density: aside(densityPart).nullable(),
  negativeShare: about(negativeSharePart, { title: "Share of negative eigenvalues", ...SPECTRUM }).nullable(),
  negativeDepth: about(real, { title: "Depth of negative curvature", ...EXTREMES })
    .nullable()
    .describe("|λmin| over the largest |eigenvalue|, 0 where λmin is not negative; over λmax as 0.1.0 wrote it."),
  roundoff: aside(real).nullable().default(null).describe("Unit roundoff of the arithmetic."),
  descent: aside(real)
    .nullable()
    .default(null)
    .describe(
      "By how much the loss was seen to fall along −g (at the lowest point of the parabola or before it), where g is shorter than `gradientResolution`: more than its rounding proves that the gradient is not zero.",
    ),
  descentRounding: aside(real).nullable().default(null).describe("What rounding of the two losses may make of it."),
  gradientResolution: aside(real)
    .nullable()
    .default(null)
    .describe(
      "Rounding the weights moves the gradient by no more than this: one that is shorter may be zero as far as the arithmetic tells, unless `descent` says otherwise.",
    ),
  effectiveRank: about(
    z.object({
      frobenius: about(real, { title: "Stable rank" })
        .nullable()
        .describe(
          "‖H‖F² / ‖H‖₂²: how many eigenvalues as large as the largest in size would give this Frobenius norm.",
        ),
      frobeniusError: aside(real).nullable().default(null).describe("Its standard error, by the delta method."),
      trace: about(real, { title: "Effective rank, tr H / ‖H‖₂" })
        .nullable()
        .describe("tr H / ‖H‖₂; meaningful where negative curvature is small."),
    }),
    {
      ...TRACE,
      members: ({ frobenius, frobeniusError }) =>
        frobenius === null ? {} : { frobenius: deviating(frobenius, frobeniusError) },
    },
  ).nullable(),
  condition: about(
    z.object({
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
    }),
    {
      title: "Condition number",
      ...SPECTRUM,
      known: ({ value, bound, error, of }) => ({
        ...(bound === "lower bound" ? atLeast(value) : within(value, error)),
        meaning: of,
      }),
    },
  )
    .nullable()
    .describe("λmax over the smallest eigenvalue above the threshold: the condition number of the positive part."),
});

export const hessianPart = about(hessianNumbers, {
  members: ({ top, bottom, multiplicity, eigenvaluesConverged, frobenius, negativeDepth }) => {
    const isSearched =
      eigenvaluesConverged === true && multiplicity?.checked === true && multiplicity.missProbability !== null;
    const margin = isSearched ? (multiplicity?.margin ?? 0) : Number.POSITIVE_INFINITY;
    // In a small dimension both ends may hold the same eigenvalues.
    const isApart = (top?.at(-1)?.value ?? 0) > (bottom?.at(-1)?.value ?? 0);
    const unseen = largestUnseen(frobenius, [...(top ?? []), ...(isApart ? (bottom ?? []) : [])]);
    const [up, down] = [
      limitOfSearch({ top, bottom }, "top", margin),
      limitOfSearch({ top, bottom }, "bottom", margin),
    ];
    // Only where the search says less does the answer rest on the norm.
    const known = (each: Known, helped: boolean) => settled({ ...each, restsOnSample: helped });
    const largest = inPlace(top, "top", Math.min(up, unseen)).map((each) => known(each, unseen < up));
    const smallest = inPlace(bottom, "bottom", Math.max(down, -unseen)).map((each) => known(each, -unseen > down));
    return {
      top: largest,
      bottom: smallest,
      negativeDepth: negativeDepth === null ? undefined : depthOf(negativeDepth, largest.at(0), smallest.at(0)),
    };
  },
});

/** |λmin|/‖H‖₂ between what its two ends leave of it. */
function depthOf(depth: number, highest: Known | undefined, lowest: Known | undefined): Known {
  if (!highest || !lowest) return unstated(depth);
  const [least, most] = [-(lowest.value + lowest.above), -(lowest.value - lowest.below)];
  const [weakest, strongest] = [highest.value - highest.below, highest.value + highest.above];
  // ‖H‖₂ is the larger of the two in size.
  const ratio = (deep: number, high: number) => (deep <= 0 ? 0 : deep / Math.max(deep, Math.abs(high)));
  return between(depth, {
    lower: Math.min(depth, ratio(least, Math.max(Math.abs(weakest), Math.abs(strongest)))),
    upper: Math.max(depth, Number.isFinite(most) ? ratio(most, weakest) : 1),
  });
}

/*
 * Of the other matrices no result notes how far the search for missed eigenvalues came: what is compared is what was
 * found, which its title says, with the margin that such searches have.
 */

const gaussNewtonNumbers = z.object({
  top: z.array(about(eigenvalue, { title: "Largest found of G" })).nullable(),
  trace: about(estimate, { title: "Trace of G" }).nullable(),
});

export const gaussNewtonPart = about(gaussNewtonNumbers, {
  members: ({ top }) => ({ top: inPlace(top, "top", limitOfSearch({ top }, "top")) }),
});

const residualNumbers = z.object({
  top: z.array(about(eigenvalue, { title: "Largest found of H − G" })).nullable(),
  bottom: z.array(about(eigenvalue, { title: "Smallest found of H − G" })).nullable(),
  trace: about(estimate, { title: "Trace of H − G" }).nullable(),
  share: about(real, { title: "Strength of H − G" })
    .nullable()
    .describe("Largest |eigenvalue| of H − G over the largest of H."),
});

export const residualPart = about(residualNumbers, {
  members: ({ top, bottom }) => ({
    top: inPlace(top, "top", limitOfSearch({ top, bottom }, "top")),
    bottom: inPlace(bottom, "bottom", limitOfSearch({ top, bottom }, "bottom")),
  }),
});

const noiseNumbers = z.object({
  method: z.string(),
  trace: about(estimate, { title: "Total gradient noise, tr Σ" }).describe("tr Σ, Σ = (1/n) Σ (gᵢ − g)(gᵢ − g)ᵀ."),
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

export const noisePart = about(noiseNumbers, {
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
});

const measureNumbers = z.object({
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

const movingMeasure = about(measureNumbers, {
  title: "Flatness",
  known: ({ value, standardError, error, bound, definition, converged }) => {
    const known =
      bound === "lower bound" ? atLeast(value) : standardError ? deviating(value, standardError) : within(value, error);
    return settled({ ...doubted(known, doubtOf(converged)), meaning: definition });
  },
});

export const flatnessPart = z.object({
  measures: z.array(movingMeasure),
  rescalings: aside(
    z.array(
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
  ),
  invariant: z
    .array(z.string())
    .describe("Measures that moved by less than a tenth in every rescaling, twice their error included."),
});

const symmetryNumbers = z.object({
  found: aside(
    z.array(
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
  ),
  flatDirections: about(count, { title: "Exactly flat directions" }).describe(
    "Independent directions that verified continuous symmetries leave exactly flat.",
  ),
  flatDirectionsAreBound: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Whether there are so many that only those of symmetries without a common tensor were counted."),
});

export const symmetryPart = about(symmetryNumbers, {
  members: ({ flatDirections, flatDirectionsAreBound }) => ({
    flatDirections: flatDirectionsAreBound === true ? atLeast(flatDirections) : counted(flatDirections),
  }),
});

const layerNumbers = z.object({
  name: z.string(),
  tensors: z.array(z.string()),
  parameters: aside(count),
  trace: about(estimate, { title: "Trace of the layer's block" }),
  meanCurvature: aside(real).describe("Trace over the number of parameters."),
  top: about(eigenvalue, { title: "Largest found of the layer's block" })
    .nullable()
    .describe("Largest eigenvalue that was found of the layer's own block of H."),
  topMissProbability: aside(real)
    .nullable()
    .default(null)
    .describe(
      "Bound on the probability that a larger one was passed over: 0 from the whole spectrum of the block; null where the search ended before a bound of use.",
    ),
  gradientNorm: about(real, { title: "Length of the layer's gradient" }),
  weightNorm: about(real, { title: "Length of the layer's weights" }),
});

export const layerPart = about(layerNumbers, {
  members: ({ gradientNorm, weightNorm }, { gradientRounding }) => ({
    gradientNorm: settled(within(gradientNorm, gradientRounding)),
    // Summed in float64 from the weights of the file.
    weightNorm: settled(within(weightNorm, LENGTH_ROUNDING * weightNorm)),
  }),
});

/** What the sum of squares of as many numbers as a network has loses in float64, relative, and more. */
const LENGTH_ROUNDING = 1e-12;

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

const lineNumbers = z.object({
  direction: z.enum(["top", "bottom"]).describe("Along the eigenvector of λmax or of λmin."),
  eigenvalue: aside(eigenvalue),
  slope: about(real, { title: "Slope along the eigenvector" }).describe(
    "gᵀv at θ: v points downhill, so it is never positive.",
  ),
  step: z.array(real).describe("t, ascending: the distance from θ along v, |v| = 1."),
  loss: z.array(real.nullable()).describe("L(θ + tv); null where it is not finite."),
  quadratic: z.array(real).describe("L + gᵀv t + ½ λ t²."),
  departure: z
    .object({
      step: aside(real),
      // Its error is that of the losses along this vector; the vector has one of its own, which is not stated.
      value: about(real, { title: "Departure from the quadratic" }),
      error: aside(real),
    })
    .nullable()
    .describe(
      "The largest |L(θ + tv) − quadratic| over |gᵀv t| + ½ |λ| t², where it is, and what rounding leaves of it; null where no change is predicted.",
    ),
  holdsTo: about(real, { title: "Step up to which the quadratic holds" })
    .nullable()
    .describe(
      "The largest |t| of the steps up to which none is seen to depart by more than 0.1; null where no change is predicted.",
    ),
});

export const linePart = about(lineNumbers, { key: "direction" });

const unitNumbers = z.object({
  name: z.string(),
  activation: z.string(),
  units: aside(count),
  applications: aside(count).describe(
    "How often the network applies these units: the time steps of a recurrence, the branches of shared weights.",
  ),
  dead: about(count, { title: "Dead units" })
    .nullable()
    .describe("Units that are 0 on every example; null where the activation has no dead region."),
  alwaysActive: about(count, { title: "Units that are always active" })
    .nullable()
    .describe("Units that never leave the linear side: they act as linear units on this data."),
  saturated: about(count, { title: "Saturated units" })
    .nullable()
    .describe("Units within 1 % of a bound on every example."),
  constant: about(count, { title: "Constant units" }).describe("Units whose value does not vary over the data."),
  duplicates: about(count, { title: "Duplicate units" }).describe(
    "Units that equal an earlier unit up to a positive factor on every example.",
  ),
  meanActiveShare: about(real, { title: "Mean share of active units" }).nullable(),
  statistics: arrayReference.describe(
    "[units, 4]: mean, standard deviation, share active (or saturated), largest |value|.",
  ),
});

export const unitLayerPart = about(unitNumbers, {
  members: ({ dead, alwaysActive, saturated, constant, duplicates, meanActiveShare }) =>
    Object.fromEntries(
      Object.entries({ dead, alwaysActive, saturated, constant, duplicates, meanActiveShare }).flatMap(([key, value]) =>
        value === null ? [] : [[key, counted(value)]],
      ),
    ),
});

const limit = about(
  z.object({
    method: z.string(),
    formula: z.string(),
    stepSize: about(real, { title: "Largest stable step" }),
    note: z.string(),
  }),
  {
    key: "method",
    members: ({ stepSize }, { sharpnessError }) => ({
      stepSize: within(stepSize, sharpnessError === null ? null : stepSize * sharpnessError),
    }),
  },
);

export const stabilityPart = z.object({
  sharpness: aside(real).describe("λmax that the limits are made of."),
  sharpnessError: aside(real).nullable().default(null).describe("Its residual."),
  limits: z.array(limit),
  step: about(
    z.object({
      stepSize: aside(real),
      relative: about(real, { title: "Your step size over the limit" }).describe(
        "ηλmax/2: above 1, plain gradient descent is unstable here.",
      ),
    }),
    {
      members: ({ relative }, { sharpnessError }) => ({
        relative: within(relative, sharpnessError === null ? null : relative * sharpnessError),
      }),
    },
  )
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
  products: aside(count),
  measures: z.string(),
  means: z.string(),
  doesNotMean: z.string(),
  tryNext: z.string(),
});

const profileNumbers = z.object({
  loss: about(real, { title: "Loss", instrument: "loss" }),
  lossRounding: aside(real).nullable().default(null).describe("What rounding may have changed the loss by."),
  accuracy: about(real, { title: "Accuracy", instrument: "loss" })
    .nullable()
    .describe("Share of right predictions; null for regression."),
  gradientNorm: about(real, { title: "Length of the gradient", instrument: "gradient" }),
  gradient: about(gradientPart, { instrument: "gradient" }).nullable(),
  hessian: hessianPart,
  gaussNewton: about(gaussNewtonPart, { instrument: "gauss-newton" }).nullable(),
  residual: about(residualPart, { instrument: "residual" }).nullable(),
  stability: about(stabilityPart, { instrument: "stability" }).nullable(),
  noise: about(noisePart, { instrument: "noise" }).nullable(),
  flatness: about(flatnessPart, { instrument: "flatness" }).nullable(),
  symmetries: about(symmetryPart, { instrument: "symmetries" }).nullable(),
  layers: about(z.array(layerPart), { instrument: "layers" }).nullable(),
  // The direction of an eigenvector, and what follows from it, has no error to compare by; its sign has no meaning.
  attribution: aside(z.array(attributionPart)).nullable(),
  units: about(z.array(unitLayerPart), { instrument: "units" }).nullable(),
  lines: about(z.array(linePart), { instrument: "lines" })
    .nullable()
    .default(null)
    .describe("The loss along the extreme eigenvectors of the Hessian."),
  verdicts: z.array(verdict),
  sections: aside(z.array(section)),
  converged: z.boolean().describe("Whether every instrument reached its tolerance."),
  products: aside(count).describe("All matrix–vector products of the run."),
});

export const profileResult = about(profileNumbers, {
  shared: ({ gradient, stability, noise }) => ({
    gradientRounding: gradient?.rounding ?? null,
    noiseError: noise?.trace.rounding === undefined ? null : noise.trace.rounding / noise.trace.value,
    sharpnessError:
      stability === null || stability.sharpnessError === null ? null : stability.sharpnessError / stability.sharpness,
  }),
  members: ({ loss, lossRounding, accuracy, gradientNorm, gradient }) => ({
    loss: settled(within(loss, lossRounding)),
    ...(accuracy !== null && { accuracy: counted(accuracy) }),
    gradientNorm: settled(within(gradientNorm, gradient?.rounding)),
  }),
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
