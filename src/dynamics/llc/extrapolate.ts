import { inverseOf } from "../../linalg/dense.ts";
import { normalCdf } from "../../linalg/distributions.ts";
import { TEMPERATURE_LAWS } from "./temperature-laws.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** λ(t) at one temperature. */
export interface AtTemperature {
  /** nβ. */
  readonly t: number;
  readonly value: number;
}

/** λ with what is known of it when all laws are weighed. */
export interface Extrapolated {
  readonly value: number;
  readonly deviation: number;
  readonly lower: number;
  readonly upper: number;
  /** Probability of each law, all being as likely before. */
  readonly laws: readonly {
    readonly name: string;
    readonly title: string;
    readonly probability: number;
    readonly value: number;
  }[];
  /** χ² of the best of them. */
  readonly misfit: number;
}

/** Part of a mixture of normal laws. */
interface Part {
  readonly weight: number;
  readonly mean: number;
  readonly variance: number;
}

/** What a value lies between. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const EVERYWHERE: Range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Parts of the mixture that are nearer to each other than this share of their deviation are one. */
const NEAR = 1 / 16;
/** Beyond each end of the interval. */
const TAIL = 0.025;
/** Share of the mixture that has to lie where λ can be; with less, what it rests on does not hold at these weights. */
const LEAST_SHARE = 1e-3;

/** What a law may be off by at each temperature, relative to λ: laws are leading terms. */
const LAW_ERROR = 1e-3;

/**
 * λ = lim λ(t) from several temperatures. For each law and each value of what it leaves open, λ is the mean of λ(tₖ) − shift(tₖ) by
 * generalised least squares (Aitken 1936), and e^{−χ²/2} is what speaks for it: the posterior of λ is the mixture of all of them
 * (averaging over models, Hoeting et al. 1999), whose spread is the error of the simulation together with that of not knowing the law.
 * Of it only 0 ≤ λ ≤ d/2 counts: so it is at a minimum of a loss that has second derivatives (Watanabe 2009). Where next to nothing of
 * the mixture lies there, as at a kink or where the weights are no minimum, it stays as it is.
 *
 * @param covariance of the values, with what few chains make of it: definite
 * @param parameters d: no pole has a higher order
 */
export function extrapolate(
  points: readonly AtTemperature[],
  covariance: readonly (readonly number[])[],
  parameters: number,
): Extrapolated {
  const scale = points.reduce((sum, { value }) => sum + Math.abs(value), 0) / points.length;
  const precise = precisionOf(covariance, Math.max(LAW_ERROR * scale, Number.MIN_VALUE));
  const rows = precise.map((row) => row.reduce((sum, x) => sum + x, 0));
  const total = rows.reduce((sum, w) => sum + w, 0);
  const temperatures = points.map(({ t }) => t);
  const fitted = TEMPERATURE_LAWS.filter(({ multiplicity }) => multiplicity <= parameters).map((law) => ({
    law,
    fits: law.shapes(temperatures, scale).map(({ weight, shift }) => {
      const left = points.map(({ value }, k) => value - shift[k]);
      const mean = left.reduce((sum, x, k) => sum + rows[k] * x, 0) / total;
      const off = left.map((x) => x - mean);
      const misfit = off.reduce((sum, x, k) => sum + x * precise[k].reduce((all, w, l) => all + w * off[l], 0), 0);
      return { weight, mean, misfit };
    }),
  }));
  const misfit = minOf(fitted.flatMap(({ fits }) => fits.map((fit) => fit.misfit)));
  const parts = fitted.map(({ law, fits }) =>
    fits.map((fit): Part => ({
      weight: law.prior * fit.weight * Math.exp((misfit - fit.misfit) / 2),
      mean: fit.mean,
      variance: 1 / total,
    })),
  );
  const all = gathered(parts.flat());
  const possible: Range = { from: 0, to: parameters / 2 };
  const range = weightOf(all, possible) > LEAST_SHARE * weightOf(all, EVERYWHERE) ? possible : EVERYWHERE;
  const whole = weightOf(all, range);
  const value = meanOf(all, range);
  const beyond = weightOf(all, { from: range.to, to: EVERYWHERE.to });
  const moments = all.map((part) => ({ part, ...within(part, range) }));
  const variance =
    moments.reduce(
      (sum, { part, mass, mean, variance: own }) => sum + part.weight * mass * (own + (mean - value) ** 2),
      0,
    ) / whole;
  return {
    value,
    deviation: Math.sqrt(variance),
    lower: quantile(all, TAIL, range),
    // A bound that the whole mixture reaches is no less likely than what lies within it: λ of a regular model is d/2.
    upper: beyond >= TAIL * weightOf(all, EVERYWHERE) ? range.to : quantile(all, 1 - TAIL, range),
    laws: fitted.map(({ law: { name, title } }, i) => {
      const own = gathered(parts[i]);
      return { name, title, probability: weightOf(own, range) / whole, value: meanOf(own, range) };
    }),
    misfit,
  };
}

/** (Σ + e²)⁻¹, that of the diagonal alone where Σ is not definite to rounding. */
function precisionOf(covariance: readonly (readonly number[])[], error: number): number[][] {
  const k = covariance.length;
  const whole = Float64Array.from(covariance.flatMap((row, i) => row.map((x, j) => (i === j ? x + error ** 2 : x))));
  const inverse = inverseOf(whole, k);
  return covariance.map((row, i) =>
    row.map((_, j) => (inverse !== undefined ? inverse[i * k + j] : i === j ? 1 / whole[i * k + i] : 0)),
  );
}

/** The mixture in fewer parts, all of one variance: those that lie together, with their mean. */
function gathered(parts: readonly Part[]): Part[] {
  const places = new Map<number, { weight: number; sum: number; variance: number }>();
  for (const { weight, mean, variance } of parts) {
    if (weight === 0) continue;
    const at = Math.round(mean / (NEAR * Math.sqrt(variance)));
    const place = places.get(at) ?? { weight: 0, sum: 0, variance };
    places.set(at, { weight: place.weight + weight, sum: place.sum + weight * mean, variance });
  }
  return [...places.values()].map(({ weight, sum, variance }) => ({ weight, mean: sum / weight, variance }));
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** What of a normal law lies in a range: its share, and the mean and variance of that share. */
function within({ mean, variance }: Part, { from, to }: Range): { mass: number; mean: number; variance: number } {
  const deviation = Math.sqrt(variance);
  const [low, high] = [(from - mean) / deviation, (to - mean) / deviation];
  // The smaller tail is the one that loses no digits.
  const mass = low > 0 ? normalCdf(-low) - normalCdf(-high) : normalCdf(high) - normalCdf(low);
  if (!(mass > 0)) return { mass: 0, mean: Math.min(Math.max(mean, from), to), variance: 0 };
  const [atLow, atHigh] = [density(low), density(high)];
  const shift = (atLow - atHigh) / mass;
  const edge = (z: number, at: number) => (at === 0 ? 0 : z * at);
  return {
    mass,
    mean: mean + deviation * shift,
    variance: variance * Math.max(0, 1 + (edge(low, atLow) - edge(high, atHigh)) / mass - shift * shift),
  };
}

function weightOf(parts: readonly Part[], range: Range): number {
  return parts.reduce((total, part) => total + part.weight * within(part, range).mass, 0);
}

/** NaN of none. */
function meanOf(parts: readonly Part[], range: Range): number {
  const found = parts.map((part) => ({ part, ...within(part, range) }));
  return (
    found.reduce((sum, { part, mass, mean }) => sum + part.weight * mass * mean, 0) /
    found.reduce((sum, { part, mass }) => sum + part.weight * mass, 0)
  );
}

/** Deviations of a part beyond which none of it lies. */
const BEYOND = 40;

function quantile(parts: readonly Part[], p: number, range: Range): number {
  const whole = weightOf(parts, range);
  const reach = (side: 1 | -1) =>
    parts.map(({ mean, variance }) => side * (side * mean + BEYOND * Math.sqrt(variance)));
  let low = Math.max(range.from, minOf(reach(-1)));
  let high = Math.min(range.to, maxOf(reach(1)));
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (weightOf(parts, { from: range.from, to: middle }) < p * whole) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
