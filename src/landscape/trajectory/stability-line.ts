import { COORDINATE_OPTIMIZERS } from "../../optimizers/registry.ts";
import { momentumOf } from "../../optimizers/momentum-of.ts";
import { largestCurvature, sayUnlimited, type StabilityLimit } from "../../optimizers/stability-limit.ts";
import { chosen } from "../../util/chosen.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";

/** The curvature above which an optimiser is unstable on a quadratic, at its step size. */
export interface StabilityLine {
  /** null where it cannot be known from weights alone. */
  readonly curvature: number | null;
  readonly formula: string | null;
  /** What it is a limit of, in a sentence. */
  readonly says: string;
}

/** What made the checkpoints, as far as it was said. */
type Told = Pick<TrajectoryOptions, "lr" | "optimizer" | "momentum">;

/** β that it was told or has by itself, and its limit at its step size; undefined where it has none. */
export function tunedOf({ lr, optimizer: name, momentum }: Told): {
  readonly title: string;
  readonly momentum: number;
  readonly limit: StabilityLimit | undefined;
} {
  const optimizer = chosen("optimiser", name, COORDINATE_OPTIMIZERS);
  const own = momentumOf(optimizer, {});
  const given = { ...(lr !== undefined && { lr }), ...(own !== undefined && momentum !== undefined && { momentum }) };
  return {
    title: optimizer.title,
    momentum: momentumOf(optimizer, given) ?? 0,
    limit: optimizer.with(given).stabilityLimit,
  };
}

/**
 * The stability line of an optimiser (Cohen et al. 2021, 2022). The limits of step size and curvature are the same formulas:
 * η < c/λ is λ < c/η. It is that of a fixed step on the full batch: under mini-batches a step may be unstable below it.
 *
 * @param examples of the data: a batch of as many is the full batch
 */
export function stabilityLine(
  { batch, divisors = [], ...told }: Told & { readonly divisors?: readonly string[]; readonly batch?: number },
  examples: number,
): StabilityLine | null {
  const { lr } = told;
  if (lr === undefined) return null;
  const underBatches =
    batch !== undefined && batch < examples
      ? `; batches of ${batch} of the ${examples} examples have curvatures of their own, and may make a step unstable below it`
      : "";
  const { title, momentum, limit } = tunedOf(told);
  if (limit === undefined)
    return {
      curvature: null,
      formula: null,
      says: sayUnlimited({ title }),
    };
  const formula = limit.formula.replaceAll("λ", "η");
  if (limit.matrix !== "H")
    return {
      curvature: null,
      formula: null,
      says:
        divisors.length > 0
          ? `The stability line of ${title}, ${formula} = ${formatNumber(largestCurvature(limit, lr))} with its usual numbers, is the largest curvature of D⁻¹H, not of H, at which it is stable on a quadratic with this fixed step on the full batch, D being held${underBatches}. A weight decay that was part of the gradient is part of H with --l2.`
          : `The limit of ${title}, ${formula} on the full batch, is one of the preconditioned Hessian D⁻¹H, D = √v + ε, not of H: it needs D, which files of weights do not hold; \`thalweg train\` writes it beside its checkpoints, for --divisors.`,
    };
  return {
    curvature: largestCurvature(limit, lr),
    formula,
    says: `The stability line is the largest curvature at which full-batch ${title}${momentum > 0 ? ` with momentum ${momentum}` : ""} with this fixed step is stable on a quadratic${underBatches}.`,
  };
}
