import { studentTQuantile } from "../linalg/distributions.ts";
import { effectiveSampleSize } from "./effective-sample-size.ts";
import { meanOf, pooled, splitChains, varianceOf } from "./split-chains.ts";

/** A mean over chains with its error. */
export interface ChainMean {
  readonly mean: number;
  /** The larger of what autocorrelation within chains and what their means differ by make of it. */
  readonly standardError: number;
  /** Half-width of the 95 % interval: Student's t with one degree of freedom less than there are chains, of few draws' worth. */
  readonly half: number;
  readonly effectiveSize: number;
}

/**
 * The mean of all draws; its standard error √(var⁺/ESS), or sd(chain means)/√C where that is larger.
 *
 * @example
 * meanOfChains([chainA, chainB, chainC, chainD]); // { mean: 2.98, standardError: 0.03, half: 0.1, effectiveSize: 900 }
 */
export function meanOfChains(chains: readonly Float64Array[]): ChainMean {
  const { mean, total } = pooled(splitChains(chains));
  const effectiveSize = effectiveSampleSize(chains);
  const autocorrelated = total === 0 ? 0 : Math.sqrt(total / effectiveSize);
  const means = Float64Array.from(chains, meanOf);
  const between = chains.length > 1 ? Math.sqrt(varianceOf(means, meanOf(means)) / chains.length) : 0;
  const standardError = Math.max(autocorrelated, between);
  const degrees = Math.max(1, chains.length > 1 ? chains.length - 1 : effectiveSize - 1);
  return { mean, standardError, half: studentTQuantile(0.975, degrees) * standardError, effectiveSize };
}
