import type { CriticalStep } from "./critical-step.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";
import { tunedOf } from "./stability-line.ts";

/** A number with its error. */
interface Known {
  readonly value: number;
  readonly error: number;
}

/** Of a step, with what error; null where the critical step was not met, or the slope is not told apart from its error. */
export interface CriticalSharpness {
  readonly sharpness: number | null;
  readonly sharpnessError: number | null;
}

/**
 * The critical sharpness of a step d, 2 |gᵀd| / (t ‖d‖²) with t its critical multiple (Kalra et al. 2026, arXiv 2601.16979): on a
 * quadratic dᵀHd/‖d‖², and for a step of gradient descent 2/(ηt).
 *
 * @param slope gᵀd, however it was had
 * @param square ‖d‖²
 * @example
 * criticalSharpness({ multiple: 2, error: 0 }, { value: -3, error: 0 }, 1); // { sharpness: 3, sharpnessError: 0 }
 */
export function criticalSharpness(
  { multiple, error }: Pick<CriticalStep, "multiple" | "error">,
  slope: Known | undefined,
  square: number,
): CriticalSharpness {
  if (multiple === null || error === null || slope === undefined || Math.abs(slope.value) <= slope.error)
    return { sharpness: null, sharpnessError: null };
  const size = Math.abs(slope.value);
  const sharpness = (2 * size) / (multiple * square);
  return { sharpness, sharpnessError: sharpness * (error / Math.max(multiple - error, 0) + slope.error / size) };
}

/**
 * 2/(ηt): the critical sharpness of a step that is one of gradient descent with the step size η, from the loss alone.
 *
 * @example
 * criticalSharpnessByRate({ multiple: 2, error: 0 }, { lr: 0.1, optimizer: "sgd", momentum: 0 }); // { sharpnessByRate: 10, sharpnessByRateError: 0 }
 */
export function criticalSharpnessByRate(
  { multiple, error }: Pick<CriticalStep, "multiple" | "error">,
  told: Pick<TrajectoryOptions, "lr" | "optimizer" | "momentum">,
): { readonly sharpnessByRate: number | null; readonly sharpnessByRateError: number | null } {
  const { lr } = told;
  if (multiple === null || error === null || lr === undefined || tunedOf(told).limit?.isPlain !== true)
    return { sharpnessByRate: null, sharpnessByRateError: null };
  const sharpness = 2 / (lr * multiple);
  return { sharpnessByRate: sharpness, sharpnessByRateError: sharpness * (error / Math.max(multiple - error, 0)) };
}
