import { COORDINATE_OPTIMIZERS } from "../../optimizers/registry.ts";
import { largestCurvature } from "../../optimizers/stability-limit.ts";
import { chosen } from "../../util/chosen.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";

/** The curvature above which an optimiser is unstable on a quadratic, at its step size. */
export interface StabilityLine {
  /** null where it cannot be known from weights alone. */
  readonly curvature: number | null;
  readonly formula: string | null;
  /** What it is a limit of, in a sentence. */
  readonly says: string;
}

/**
 * The stability line of an optimiser (Cohen et al. 2021, 2022). The limits of step size and curvature are the same formulas:
 * η < c/λ is λ < c/η. It is that of a fixed step on the full batch: under mini-batches a step may be unstable below it.
 *
 * @param examples of the data: a batch of as many is the full batch
 */
export function stabilityLine(
  {
    lr,
    optimizer: name,
    momentum,
    batch,
  }: Pick<TrajectoryOptions, "lr" | "optimizer" | "momentum"> & { readonly batch?: number },
  examples: number,
): StabilityLine | null {
  if (lr === undefined) return null;
  const underBatches =
    batch !== undefined && batch < examples
      ? `; batches of ${batch} of the ${examples} examples have curvatures of their own, and may make a step unstable below it`
      : "";
  const optimizer = chosen("optimiser", name, COORDINATE_OPTIMIZERS);
  const hasMomentum = "momentum" in optimizer.parameters.shape;
  const { title } = optimizer;
  const limit = optimizer.with({ lr, ...(hasMomentum && { momentum }) }).stabilityLimit;
  if (limit === undefined)
    return {
      curvature: null,
      formula: null,
      says: `${title} with a fixed step has no curvature up to which it settles: its steps do not shrink.`,
    };
  const formula = limit.formula.replaceAll("λ", "η");
  if (limit.matrix !== "H")
    return {
      curvature: null,
      formula: null,
      says: `The limit of ${title}, ${formula} on the full batch, is one of the preconditioned Hessian D⁻¹H, D = √v + ε, not of H: it needs the second moments v, which files of weights do not hold.`,
    };
  return {
    curvature: largestCurvature(limit, lr),
    formula,
    says: `The stability line is the largest curvature at which full-batch ${title}${hasMomentum && momentum > 0 ? ` with momentum ${momentum}` : ""} with this fixed step is stable on a quadratic${underBatches}.`,
  };
}
