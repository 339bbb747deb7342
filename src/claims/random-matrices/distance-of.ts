/** Largest distance of the distribution of ascending values from a law's (Kolmogorov 1933). */
export function distanceOf(values: Float64Array, below: (t: number) => number): number {
  return values.reduce((most, value, i) => {
    const share = below(value);
    return Math.max(most, (i + 1) / values.length - share, share - i / values.length);
  }, 0);
}
