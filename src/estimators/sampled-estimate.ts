import type { Estimate } from "./estimate.ts";
import { sampleToPrecision } from "./plan-deflation.ts";
import type { Products } from "./products.ts";
import type { ResidualSampler } from "./residual-sampler.ts";

/** What is estimated from the samples of a {@link ResidualSampler}. */
export interface SampledQuantity {
  /** For progress: "trace". */
  readonly stage: string;
  /** For progress: "tr". */
  readonly symbol: string;
  /** Whether outliers may be deflated, and the exact route taken where it is cheaper. */
  readonly deflate: boolean;
  readonly minProbes: number;
  /** The estimate from the samples at hand. */
  current(): Estimate;
  /** Half-width of the interval that is asked for at this value. */
  target(value: number): number;
  /** The exact value, from the whole matrix. */
  exact(): Promise<Estimate>;
}

/** Samples until the interval is narrow enough, the budget ends, or the whole matrix is cheaper. */
export async function sampledEstimate(
  sampler: ResidualSampler,
  products: Products,
  { stage, symbol, deflate, minProbes, current, target, exact }: SampledQuantity,
): Promise<Estimate> {
  const precision = () => {
    const { value, interval } = current();
    return { halfWidth: (interval.upper - interval.lower) / 2, target: target(value) };
  };
  const describe = () => `${symbol} ≈ ${current().value.toPrecision(4)} ± ${precision().halfWidth.toPrecision(2)}`;
  const outcome = await sampleToPrecision(sampler, products, precision, { deflate, minProbes, stage, describe });
  if (outcome === "exact-is-cheaper") return exact();
  return { ...current(), converged: outcome === "reached" };
}
