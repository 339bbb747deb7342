/** Examples start ≤ i < end. */
export interface BatchRange {
  readonly start: number;
  readonly end: number;
}

/** Cuts a range of examples into batches; the last one may be short. */
export function batchesOf(range: BatchRange, size: number): BatchRange[] {
  const batches: BatchRange[] = [];
  for (let start = range.start; start < range.end; start += size) {
    batches.push({ start, end: Math.min(start + size, range.end) });
  }
  return batches;
}
