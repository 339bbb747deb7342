import { type ChangeAmounts, changeOf } from "./change-kinds.ts";

/** "8 bits", "50.0 % pruned". */
export function changeText(held: ChangeAmounts): string {
  return changeOf(held)?.label ?? "no change";
}

/** Rows in the order in which their changes first come, by change. */
export function byChange<Row extends ChangeAmounts>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(changeText(row), [...(groups.get(changeText(row)) ?? []), row]);
  return groups;
}
