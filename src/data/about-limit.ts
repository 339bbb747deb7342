import type { LazyArray } from "../files/lazy-array.ts";
import { formatCount } from "../util/format-size.ts";

/**
 * That the first examples all have one label and later ones have others, as where data lie class by class: those are no sample of these.
 * Nothing where the labels are more than one number an example. The later labels are read in that case alone.
 *
 * @param taken the rows that are used
 * @param end of the rows that could be
 */
export function aboutLimit(
  labels: LazyArray,
  { start, end: first }: Readonly<Record<"start" | "end", number>>,
  end: number,
): string[] {
  const count = first - start;
  if (labels.shape.length !== 1 || count < 2 || first >= end) return [];
  const [label, ...others] = labels.rows(start, first).data;
  if (!others.every((other) => other === label)) return [];
  if (labels.rows(first, end).data.every((other) => other === label)) return [];
  return [
    `The first ${formatCount(count)} of ${formatCount(end - start)} examples, which --limit takes, all have the label ${label} in ${labels.name}, and later ones have others: the data lie class by class, and these are no sample of them. Shuffle them, or take them all.`,
  ];
}
