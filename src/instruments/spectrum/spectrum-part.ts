import { z } from "zod";
import { estimate, interval, NOT_CONVERGED } from "../../result/estimates.ts";
import { about, aside, atLeast, between, doubted, sampled, settled, within } from "../../result/known.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, real } from "../../result/real.ts";

const density = z.object({
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

const negativeShare = about(shareNumbers, {
  known: ({ value, standardError, interval: range, converged, threshold }) => ({
    ...settled(
      doubted(
        standardError === 0 ? between(value, range) : sampled(value, range),
        converged ? undefined : NOT_CONVERGED,
      ),
    ),
    threshold,
  }),
  members: ({ zeroShare, zeroInterval, standardError, converged, threshold }) => {
    if (zeroShare === null || zeroInterval === null) return {};
    const known = standardError === 0 ? between(zeroShare, zeroInterval) : sampled(zeroShare, zeroInterval);
    return { zeroShare: { ...settled(doubted(known, converged ? undefined : NOT_CONVERGED)), threshold } };
  },
});

const condition = about(
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
    known: ({ value, bound, error, of }) => ({
      ...(bound === "lower bound" ? atLeast(value) : within(value, error)),
      meaning: of,
    }),
  },
);

/** How many eigenvalues of the Hessian lie where. */
export const spectrumPart = {
  hessian: z.object({
    density: aside(density).nullable(),
    negativeShare: about(negativeShare, { title: "Share of negative eigenvalues" }).nullable(),
    condition: condition
      .nullable()
      .describe("λmax over the smallest eigenvalue above the threshold: the condition number of the positive part."),
  }),
};

export type NegativeShare = z.output<typeof negativeShare>;

export type Condition = z.output<typeof condition>;
