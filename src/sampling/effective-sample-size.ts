import { meanOf, pooled, splitChains } from "./split-chains.ts";

/**
 * How many independent draws the mean of all draws is worth: S/τ with τ = −1 + 2 Σ P̂ₜ over the initial monotone positive sequence
 * of sums of two neighbouring autocorrelations (Geyer 1992), which are ρ̂ₜ = 1 − (W − mean autocovariance)/var⁺ of split chains, so
 * that chains which differ count as one (Vehtari et al. 2021). At most S log₁₀ S.
 *
 * Cost: S times the lags at which draws still know of each other.
 *
 * @example
 * effectiveSampleSize([chainA, chainB]); // 812.4
 */
export function effectiveSampleSize(chains: readonly Float64Array[]): number {
  const halves = splitChains(chains);
  const draws = halves[0]?.length ?? 0;
  if (draws < 2) return Number.NaN;
  const { within, total } = pooled(halves);
  const all = draws * halves.length;
  if (!(total > 0)) return Number.NaN;
  const means = halves.map(meanOf);
  const correlation = (lag: number): number => {
    if (lag >= draws) return 0;
    const covariances = halves.map((chain, c) => {
      let sum = 0;
      for (let i = lag; i < draws; i++) sum += (chain[i] - means[c]) * (chain[i - lag] - means[c]);
      return sum / (draws - 1);
    });
    return 1 - (within - meanOf(Float64Array.from(covariances))) / total;
  };
  let time = -1;
  let last = Number.POSITIVE_INFINITY;
  for (let lag = 0; lag < draws; lag += 2) {
    const pair = (lag === 0 ? 1 : correlation(lag)) + correlation(lag + 1);
    if (!(pair > 0)) break;
    last = Math.min(last, pair);
    time += 2 * last;
  }
  return Math.min(all / Math.max(time, 1e-12), all * Math.log10(all));
}
