import type { Products } from "./products.ts";
import type { ResidualSampler } from "./residual-sampler.ts";
import { MIN_PROBES } from "./sampling-interval.ts";

/** The half-width of an interval against the one asked for, from the samples at hand. */
export interface Precision {
  readonly halfWidth: number;
  readonly target: number;
}

/** What `sampleToPrecision` ended with. "exact-is-cheaper": sampling would take more products than the whole matrix. */
export type SamplingOutcome = "reached" | "budget" | "exact-is-cheaper";

export interface SamplingPlan {
  /** Whether outliers may be deflated and the exact route proposed. */
  readonly deflate: boolean;
  readonly minProbes: number;
  readonly stage: string;
  readonly describe: () => string;
}

/** Probes that only plan. */
const PILOT = 8;

/**
 * Deflates while that lowers the predicted number of products, then draws probes until the interval is
 * narrow enough.
 *
 * What decides must not also be reported: to stop deflating where the samples at hand happen to agree
 * picks samples that are too small and too alike (measured: coverage 90 % for 95 %). So eight pilot
 * probes, recycled through every deflation step at no product, choose how far to deflate and how many
 * probes to take; then they are dropped, and fresh ones make the estimate. Further probes, where the
 * plan fell short, follow the width of the interval alone.
 */
export async function sampleToPrecision(
  sampler: ResidualSampler,
  products: Products,
  precision: () => Precision,
  plan: SamplingPlan,
): Promise<SamplingOutcome> {
  const { dimension, preferredBlock, atOnce = 1 } = products.operator;
  const minProbes = Math.max(MIN_PROBES, plan.minProbes);
  const needed = (): number => {
    const { halfWidth, target } = precision();
    const { length } = sampler.samples;
    if (halfWidth === 0) return 1;
    if (halfWidth <= target) return Math.min(length, Math.ceil(length * (halfWidth / target) ** 2));
    return Math.ceil(length * (halfWidth / target) ** 2);
  };

  let probes = minProbes;
  if (plan.deflate && products.affords(PILOT + sampler.blockSize + 2)) {
    await sampler.draw(PILOT, true);
    const deflation = await deflateWhileItPays(sampler, products, needed, minProbes, plan);
    sampler.forget();
    if (sampler.remaining === 0) return "reached";
    // The width of the interval of the fresh sample scatters about the pilot's.
    probes = Math.max(minProbes, Math.ceil(1.1 * deflation));
  }
  for (;;) {
    const more = probes - sampler.samples.length;
    if (more <= 0) return "reached";
    if (plan.deflate && more >= dimension && products.affords(dimension)) return "exact-is-cheaper";
    const step =
      sampler.samples.length < minProbes
        ? Math.min(more, minProbes)
        : Math.min(more, Math.ceil(sampler.samples.length / 2));
    for (let i = 0; i < step;) {
      const block = Math.min(step - i, preferredBlock * atOnce);
      if (!products.affords(block)) {
        const settled = sampler.samples.length >= minProbes && precision().halfWidth <= precision().target;
        return settled ? "reached" : "budget";
      }
      await sampler.draw(block);
      i += block;
    }
    const { halfWidth, target } = precision();
    probes = Math.max(probes, halfWidth <= target ? 0 : needed());
    products.report(plan.stage, products.count() + Math.max(0, probes - sampler.samples.length), plan.describe());
  }
}

/** @returns the number of probes that the pilot predicts after the deflation */
async function deflateWhileItPays(
  sampler: ResidualSampler,
  products: Products,
  needed: () => number,
  minProbes: number,
  plan: SamplingPlan,
): Promise<number> {
  let probes = Math.max(minProbes, needed());
  let best = { total: probes, deflated: 0 };
  while (sampler.blockSize > 0) {
    const patience = 1.5 * best.deflated + 6 * sampler.blockSize;
    const hopeless = sampler.deflated + minProbes >= best.total;
    if (sampler.deflated > patience || hopeless || !products.affords(sampler.blockSize + minProbes)) break;
    await sampler.deflate();
    if (sampler.remaining === 0) return 0;
    probes = Math.max(minProbes, needed());
    if (sampler.deflated + probes < best.total) best = { total: sampler.deflated + probes, deflated: sampler.deflated };
    products.report(plan.stage, undefined, plan.describe());
  }
  return probes;
}
