/** Memory that large arrays take, in bytes. */
export interface Memory {
  /** While it is computed, beside what is kept. */
  readonly working: number;
  /** From then on, to the end of the run. */
  readonly kept: number;
}

/** Of a matrix in float64. */
export function bytesOfMatrix(dimension: number): number {
  return bytesOfVectors(dimension, dimension);
}

/** Of vectors in float64. */
export function bytesOfVectors(dimension: number, count: number): number {
  return 8 * dimension * count;
}

/** What is held at most while several are computed one after the other, and what at their end; `kept` before them. */
export function peakOf(memories: readonly Memory[], kept = 0): { readonly peak: number; readonly kept: number } {
  let [peak, held] = [kept, kept];
  for (const memory of memories) {
    held += memory.kept;
    peak = Math.max(peak, held + memory.working);
  }
  return { peak, kept: held };
}
