/** The middle one of numbers, or the mean of the two in the middle; null of none. */
export function medianOf(numbers: Iterable<number>): number | null {
  const sorted = Float64Array.from(numbers).sort();
  if (sorted.length === 0) return null;
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
