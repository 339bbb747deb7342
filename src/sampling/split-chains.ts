/** Halves of chains, so that a trend within one shows as a difference between two (Gelman et al. 2013); an odd draw in the middle is left out. */
export function splitChains(chains: readonly Float64Array[]): Float64Array[] {
  return chains.flatMap((chain) => {
    const half = Math.floor(chain.length / 2);
    return [chain.subarray(0, half), chain.subarray(chain.length - half)];
  });
}

/** Mean and variance of all draws, the latter with what chains differ by. */
export interface Pooled {
  readonly mean: number;
  /** W: the mean of the chains' variances. */
  readonly within: number;
  /** var⁺ = (N − 1)/N · W + B/N, of N draws a chain and B/N the variance of their means. */
  readonly total: number;
}

/** Of chains of equal length, two draws at least. */
export function pooled(chains: readonly Float64Array[]): Pooled {
  const means = chains.map(meanOf);
  const draws = chains[0].length;
  const mean = meanOf(Float64Array.from(means));
  const within = meanOf(Float64Array.from(chains.map((chain, c) => varianceOf(chain, means[c]))));
  const between = chains.length > 1 ? varianceOf(Float64Array.from(means), mean) : 0;
  return { mean, within, total: ((draws - 1) / draws) * within + between };
}

export function meanOf(numbers: Float64Array): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

/** With n − 1 in the denominator. */
export function varianceOf(numbers: Float64Array, mean: number): number {
  return numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (numbers.length - 1);
}
