/**
 * How many, in groups of three digits that stay on one line.
 *
 * @example
 * formatCount(105098); // "105 098", with a narrow space
 */
export function formatCount(count: number): string {
  return count.toLocaleString("en").replaceAll(",", "\u202f").replace("-", "−");
}

/** "1 example", "1 437 examples" with thin spaces. */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
