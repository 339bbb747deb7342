import { formatShare } from "../../util/format-number.ts";
import type { TensorChange } from "./sensitivity-result.ts";

/** "8 bits", "50.0 % pruned". */
export function changeText({ bits, prune }: Pick<TensorChange, "bits" | "prune">): string {
  return bits === null ? `${formatShare(prune)} pruned` : `${bits} bits`;
}

/** Rows in the order in which their changes first come, by change. */
export function byChange<Row extends Pick<TensorChange, "bits" | "prune">>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(changeText(row), [...(groups.get(changeText(row)) ?? []), row]);
  return groups;
}
