import type { Reading } from "../result/section.ts";

/** The notes of a table of readings, what several rows say being said once. */
export interface SharedNotes {
  /** What several rows have in common, with the rows where not all say it. */
  readonly common: readonly { readonly text: string; readonly of: readonly string[] }[];
  /** What is left of each row's own note, in the order of the rows. */
  readonly own: readonly string[];
}

/**
 * Takes what repeats out of the notes: they are made of parts between semicolons.
 *
 * @example
 * shareNotes([{ label: "a", value: "1", note: "exact; XTrace" }, { label: "b", value: "2", note: "exact" }]);
 * // { common: [{ text: "exact", of: [] }], own: ["XTrace", ""] }
 */
export function shareNotes(readings: readonly Reading[]): SharedNotes {
  const parts = readings.map(({ note }) => (note === undefined ? [] : note.split("; ")));
  const rows = new Map<string, string[]>();
  parts.forEach((each, i) => {
    for (const part of new Set(each)) rows.set(part, [...(rows.get(part) ?? []), readings[i].label]);
  });
  const common = [...rows]
    .filter(([, labels]) => labels.length > 1)
    .map(([text, labels]) => ({ text, of: labels.length === readings.length ? [] : labels }));
  const taken = new Set(common.map(({ text }) => text));
  return { common, own: parts.map((each) => each.filter((part) => !taken.has(part)).join("; ")) };
}
