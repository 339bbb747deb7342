/** Blocks of vectors are compiled for sizes 8, 4, 2 and 1 only, so that few sessions serve all. */
export function blockSize(count: number): number {
  return count >= 8 ? 8 : count >= 4 ? 4 : count >= 2 ? 2 : 1;
}
