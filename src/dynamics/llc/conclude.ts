import { chiSquareQuantile } from "../../linalg/distributions.ts";
import type { LlcResult, Temperature } from "./llc-result.ts";
import { extrapolate, type Extrapolated } from "./extrapolate.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** λ with everything that it may be off by. */
export interface Concluded {
  readonly value: number;
  readonly standardError: number;
  readonly lower: number;
  readonly upper: number;
  /** Whether the temperatures agree on a limit, which the value is. */
  readonly isAsymptotic: boolean;
  /** Half-widths. */
  readonly simulation: number;
  readonly systematic: number;
  readonly rounding: number;
  /** How far below L(w*) the loss of an example was drawn. */
  readonly drop: number;
  /** The temperature that a reader is shown, β = 1/ln n or the nearest. */
  readonly main: Temperature;
  readonly laws: Extrapolated["laws"];
}

/** 95 % of a normal law, in deviations. */
const DEVIATIONS = 1.96;
/** Of χ², the share below what no law is kept beyond: three deviations. Laws open two numbers at least, λ and one of their own. */
const KEPT = 0.9973;
const OPEN = 2;
/** Of λ, what λ(β) may change by over all temperatures, and what a limit may be away from it at the largest β, for one to be believed. */
const LARGEST_DRIFT = 0.35;
const LARGEST_CORRECTION = 0.25;
/** Temperatures that a law needs. */
const FEWEST = 3;

/**
 * One coefficient from all temperatures: their limit where they agree on one, else λ(β) at β = 1/ln n, for which the change of λ(β) over
 * a factor e of β and over a factor 2 of γ counts as error: the theory fixes β and γ no better than that.
 *
 * Where draws are off by steps and batches, E[(w − w*)·∇U] is off from d, and λ(β) by half of that at most where the loss rises at
 * least as fast as a square: that is added on both sides.
 *
 * @param about the covariance of λ(β) at the temperatures, null where they are independent; d; whether draws are off
 */
export function conclude(
  found: readonly Temperature[],
  about: Pick<LlcResult, "covariance" | "parameters"> & { readonly isApproximate: boolean },
): Concluded {
  const main = found.reduce((best, each) =>
    Math.abs(Math.log(each.multiple)) < Math.abs(Math.log(best.multiple)) ? each : best,
  );
  const coldest = found.reduce((last, each) => (each.multiple > last.multiple ? each : last));
  const { coefficient, rounding } = main;
  const drop = Math.max(0, maxOf(found.map(({ lowest, inverseTemperature }) => -lowest / inverseTemperature)));
  const dropped = drop * main.inverseTemperature;
  const rounded = rounding ?? 0;
  const off = about.isApproximate ? maxOf(found.map(({ identity }) => Math.abs(identity.value))) / 2 : 0;
  const { laws, misfit, value, deviation, lower, upper } = extrapolate(
    found.map(({ inverseTemperature, coefficient: { value: at } }) => ({ t: inverseTemperature, value: at })),
    about.covariance ??
      found.map((each, k) => found.map((_, l) => (k === l ? (each.coefficient.half / DEVIATIONS) ** 2 : 0))),
    about.parameters,
  );
  const values = found.map((each) => each.coefficient.value);
  const drift = maxOf(values) - minOf(values);
  const isAsymptotic =
    found.length >= FEWEST &&
    value > 0 &&
    misfit <= chiSquareQuantile(KEPT, found.length - OPEN) &&
    drift <= LARGEST_DRIFT * value &&
    Math.abs(value - coldest.coefficient.value) <= LARGEST_CORRECTION * value;
  if (isAsymptotic) {
    const simulation = coefficient.half;
    return {
      value,
      standardError: deviation,
      lower: lower - rounded - off,
      upper: upper + rounded + dropped + off,
      isAsymptotic,
      simulation,
      systematic: Math.max(0, Math.max(value - lower, upper - value) - simulation) + rounded + dropped + off,
      rounding: rounded,
      drop,
      main,
      laws,
    };
  }
  const systematic = slopeAt(found, main) + Math.abs(main.localizationSlope) * Math.LN2;
  const half = Math.hypot(coefficient.half, systematic) + rounded + off;
  return {
    value: coefficient.value,
    standardError: Math.hypot(coefficient.standardError, systematic / DEVIATIONS),
    lower: coefficient.value - half,
    upper: coefficient.value + half + dropped,
    isAsymptotic,
    simulation: coefficient.half,
    systematic: systematic + rounded + dropped + off,
    rounding: rounded,
    drop,
    main,
    laws,
  };
}

/** |dλ(β)/d ln β|: the largest towards a neighbour, or by fluctuations, λ − (nβ)² Var L, where there is none. */
function slopeAt(found: readonly Temperature[], main: Temperature): number {
  const others = found.filter((each) => each !== main);
  if (others.length === 0) return Math.abs(main.coefficient.value - main.variance);
  const slopes = others.map(
    (each) =>
      Math.abs(each.coefficient.value - main.coefficient.value) /
      Math.max(1, Math.abs(Math.log(each.multiple / main.multiple))),
  );
  return maxOf(slopes);
}
