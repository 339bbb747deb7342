import { normalQuantile } from "../linalg/normal-quantile.ts";
import { medianOf } from "../linalg/median-of.ts";
import { pooled, splitChains } from "./split-chains.ts";
import { maxOf } from "../util/extremes.ts";

/** Draws of a chain below which halves tell nothing. */
const FEWEST = 4;

/**
 * The potential scale reduction R̂ = √(var⁺/W) of split chains after rank normalisation, the larger of that of the draws and of
 * their distances from the median, which sees chains that differ in spread (Vehtari et al. 2021). Near 1 where the chains drew
 * from one law; above 1.01 they are to be doubted. NaN of chains too short, or all of one value.
 *
 * @example
 * rHat([chainA, chainB, chainC, chainD]); // 1.003
 */
export function rHat(chains: readonly Float64Array[]): number {
  const halves = splitChains(chains);
  if (chains.length === 0 || halves[0].length * 2 < FEWEST) return Number.NaN;
  const middle = medianOf(halves.flatMap((chain) => [...chain])) ?? Number.NaN;
  const folded = halves.map((chain) => chain.map((x) => Math.abs(x - middle)));
  return maxOf([halves, folded].map((each) => reductionOf(rankNormalized(each))));
}

function reductionOf(chains: readonly Float64Array[]): number {
  const { total, within } = pooled(chains);
  return Math.sqrt(total / within);
}

/** Φ⁻¹((r − 3/8)/(S + 1/4)) for the rank r of each of S draws, ties sharing the mean of theirs (Blom 1958). */
export function rankNormalized(chains: readonly Float64Array[]): Float64Array[] {
  const all = Float64Array.from(chains.flatMap((chain) => [...chain]));
  const order = Array.from(all, (_, i) => i).sort((a, b) => all[a] - all[b]);
  const scores = new Float64Array(all.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && all[order[to]] === all[order[from]]) to++;
    const score = normalQuantile(((from + 1 + to) / 2 - 3 / 8) / (all.length + 1 / 4));
    for (let i = from; i < to; i++) scores[order[i]] = score;
    from = to;
  }
  const { length } = chains[0];
  return chains.map((_, c) => scores.subarray(c * length, (c + 1) * length));
}
