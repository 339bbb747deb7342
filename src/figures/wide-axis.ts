import { maxOf, minOf } from "../util/extremes.ts";

import { powerOfTen } from "./style.ts";

/** From this ratio of sizes on, the small ones cannot be told from 0 on a linear axis. */
const WIDE = 100;

/** Decades below the largest size that are drawn; what is smaller lies at 0. */
const DECADES = 8;

/** Ticks of one sign. */
const TICKS = 4;

/**
 * Scale and axis for numbers of either sign: linear where all can be seen there, else symmetric-logarithmic
 * (linear below the smallest size, logarithmic beyond), with powers of ten for ticks.
 *
 * @example
 * wideAxis([40, 3, -0.002]); // { scale: { type: "symlog", constant: 0.001, … }, axis: { values: [-0.001, 0, …], … } }
 */
export function wideAxis(values: readonly number[]) {
  const sizes = values.map(Math.abs).filter((size) => size > 0 && Number.isFinite(size));
  const largest = maxOf(sizes);
  const smallest = Math.max(minOf(sizes), largest / 10 ** DECADES);
  if (sizes.length === 0 || largest < WIDE * smallest) return {};
  const constant = 10 ** Math.floor(Math.log10(smallest));
  const [low, high] = [Math.min(0, minOf(values)), Math.max(0, maxOf(values))];
  const ticks = [
    ...powers(-low, constant)
      .map((size) => -size)
      .reverse(),
    0,
    ...powers(high, constant),
  ];
  const labels = Object.fromEntries(ticks.map((tick) => [String(tick), powerOfTen(tick)]));
  return {
    scale: { type: "symlog" as const, constant, nice: false, domain: [1.6 * low, 1.6 * high] },
    // Vega's own way with labels that overlap takes every other one away, along the whole axis.
    axis: {
      values: ticks,
      labelOverlap: "greedy" as const,
      labelExpr: `(${JSON.stringify(labels)})[toString(datum.value)]`,
    },
  };
}

/** Powers of ten from `least` to `most`, few enough to be labelled, the largest always among them. */
function powers(most: number, least: number): number[] {
  if (most < least) return [];
  const first = Math.round(Math.log10(least));
  const last = Math.floor(Math.log10(most) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / TICKS));
  const exponents = [];
  for (let exponent = last; exponent >= first; exponent -= stride) exponents.push(exponent);
  // The first is so near to 0 that one of the two labels hides the other.
  if (exponents.length > 1 && exponents.at(-1) === first) exponents.pop();
  return exponents.reverse().map((exponent) => Number(`1e${exponent}`));
}
