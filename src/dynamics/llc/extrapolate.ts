import { inverseOf } from "../../linalg/dense.ts";
import { normalCdf } from "../../linalg/distributions.ts";
import { TEMPERATURE_LAWS } from "./temperature-laws.ts";

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

/** What a law may be off by at each temperature, relative to λ: laws are leading terms. */
const LAW_ERROR = 1e-3;

/**
 * λ = lim λ(t) from several temperatures. For each law and each value of what it leaves open, λ is the mean of λ(tₖ) − shift(tₖ) by
 * generalised least squares (Aitken 1936), and e^{−χ²/2} is what speaks for it: the posterior of λ is the mixture of all of them
 * (averaging over models, Hoeting et al. 1999), whose spread is the error of the simulation together with that of not knowing the law.
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
  const misfit = Math.min(...fitted.flatMap(({ fits }) => fits.map((fit) => fit.misfit)));
  const parts = fitted.map(({ law, fits }) =>
    fits.map((fit): Part => ({
      weight: law.prior * fit.weight * Math.exp((misfit - fit.misfit) / 2),
      mean: fit.mean,
      variance: 1 / total,
    })),
  );
  const all = parts.flat();
  const whole = weightOf(all);
  const value = meanOf(all);
  const variance =
    all.reduce((sum, { weight, mean, variance: own }) => sum + weight * (own + (mean - value) ** 2), 0) / whole;
  const deviation = Math.sqrt(variance);
  return {
    value,
    deviation,
    lower: quantile(all, 0.025, value, deviation),
    upper: quantile(all, 0.975, value, deviation),
    laws: fitted.map(({ law: { name, title } }, i) => ({
      name,
      title,
      probability: weightOf(parts[i]) / whole,
      value: meanOf(parts[i]),
    })),
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

function weightOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { weight }) => sum + weight, 0);
}

/** NaN of none. */
function meanOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { weight, mean }) => sum + weight * mean, 0) / weightOf(parts);
}

function quantile(parts: readonly Part[], p: number, value: number, deviation: number): number {
  const whole = weightOf(parts);
  let low = value - 40 * deviation;
  let high = value + 40 * deviation;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    const below = parts.reduce(
      (sum, { weight, mean, variance }) => sum + weight * normalCdf((middle - mean) / Math.sqrt(variance)),
      0,
    );
    if (below / whole < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
