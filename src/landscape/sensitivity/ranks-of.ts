import type { Change } from "./change.ts";
import { amountsOf } from "./change-kinds.ts";
import { rankCorrelation } from "./rank-correlation.ts";
import type { SensitivityResult, TensorChange } from "./sensitivity-result.ts";

/** How well the predictions of one change order the tensors, and how many of them hold what was measured. */
export function ranksOf(rows: readonly TensorChange[], change: Change): SensitivityResult["ranks"][number] {
  // The order of changes that are rounding is that of the rounding.
  const resolved = rows.filter(({ measured, measuredError }) => Math.abs(measured) > measuredError);
  return {
    ...amountsOf(change),
    correlation: rankCorrelation(
      resolved.map(({ predicted }) => predicted),
      resolved.map(({ measured }) => measured),
    ),
    tensors: rows.length,
    resolved: resolved.length,
    covered: rows.filter((each) => isCovered(each)).length,
  };
}

/** Whether the measured change lies within the errors of both. */
function isCovered({ predicted, error, measured, measuredError }: TensorChange): boolean {
  return Math.abs(measured - predicted) <= error + measuredError;
}
