import { z } from "zod";
import type { Change, ChangeKind } from "./change.ts";

/** Bits of a weight as it is. */
export const FLOAT_BITS = 32;

/**
 * Bits that a tensor takes when each of its numbers is rounded to some: packed, filled up to whole bytes, with a 32-bit scale for each
 * channel. A tensor that stays as it is has no scales.
 *
 * @example
 * storedBits(10, 4, 2); // 40 + 64 = 104
 */
export function storedBits(numbers: number, bits: number, channels: number): number {
  if (bits >= FLOAT_BITS) return numbers * FLOAT_BITS;
  return 8 * Math.ceil((numbers * bits) / 8) + FLOAT_BITS * channels;
}

/**
 * Symmetric rounding to b bits with a scale for each channel: ŵ = s·round(w/s) with s = max|w| / (2^(b−1) − 1) over the weights of the
 * channel, ties away from 0. An offset (a bias, a gain), which has one number a channel, takes one scale for the whole tensor.
 */
export const roundToBits = {
  name: "bits",
  summary: "round each tensor to few bits (symmetrically, with a scale for each channel)",
  example: "--bits 8,4",
  flag: z.array(z.int().min(2).max(16)).default([8, 4]).meta({
    description: "bits to which weights are rounded, symmetrically, with a scale for each channel",
    group: "Changes",
  }),
  column: z
    .number()
    .nullable()
    .default(null)
    .describe("Bits of a weight after rounding; null where it was not rounded."),
  of: (bits): Change => ({
    kind: "bits",
    amount: bits,
    label: `${bits} bits`,
    size: bits,
    apply(weights, { role, count, filterOf }) {
      const isOffset = role === "offset";
      const largest = new Float64Array(isOffset ? 1 : count);
      const channel = (i: number) => (isOffset ? 0 : filterOf[i]);
      weights.forEach((w, i) => (largest[channel(i)] = Math.max(largest[channel(i)], Math.abs(w))));
      const steps = 2 ** (bits - 1) - 1;
      return weights.map((w, i) => {
        const most = largest[channel(i)];
        if (most === 0) return 0;
        return (Math.sign(w) * Math.round((Math.abs(w) / most) * steps) * most) / steps;
      });
    },
  }),
} as const satisfies ChangeKind;
