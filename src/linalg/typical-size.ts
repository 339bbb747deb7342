/** The median size of those numbers that are finite and not 0, the upper of two; 1 where there are none. */
export function typicalSize(values: ArrayLike<number>): number {
  const sizes = Float64Array.from(values, Math.abs)
    .filter((size) => size > 0 && Number.isFinite(size))
    .sort();
  return sizes.length === 0 ? 1 : sizes[Math.floor(sizes.length / 2)];
}
