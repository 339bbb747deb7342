import { bennett } from "../../sampling/bennett.ts";
import type { LlcResult, Temperature } from "./llc-result.ts";

/** A temperature with all that was drawn there. */
export interface DrawnTemperature {
  readonly found: Temperature;
  /** nβ(L(w) − L(w*)) of every chain and draw. */
  readonly energies: readonly (readonly number[])[];
}

/**
 * Between neighbouring temperatures, the slope of the free energy −ln Z(β) over ln β by Bennett's ratio, and the same as the integral
 * of λ(β): d(−ln Z)/d ln β = λ(β) and dλ/d ln β = λ − (nβ)² Var L, so that λ is known at both ends with its slope (Hermite).
 *
 * @param drawn by rising β
 */
export function freeEnergySlopes(drawn: readonly DrawnTemperature[]): LlcResult["freeEnergy"] {
  return drawn.slice(1).map((second, i) => {
    const first = drawn[i];
    const [a, b] = [first.found, second.found];
    const span = Math.log(b.inverseTemperature / a.inverseTemperature);
    const ratio = b.inverseTemperature / a.inverseTemperature;
    // U₂ − U₁ = (t₂ − t₁) ΔL; the localisation is the same in both.
    const works = [
      Float64Array.from(first.energies.flat(), (e) => (ratio - 1) * e),
      Float64Array.from(second.energies.flat(), (e) => (1 - 1 / ratio) * e),
    ] as const;
    const difference = bennett(works, [effective(a), effective(b)]);
    const mean = (a.coefficient.value + b.coefficient.value) / 2;
    const bend = (slopeOf(a) - slopeOf(b)) / 12;
    const share = (each: Temperature) => each.coefficient.standardError / 2;
    const bendError = (span / 12) * Math.hypot(varianceError(a), varianceError(b));
    return {
      from: a.multiple,
      to: b.multiple,
      slope:
        difference === undefined
          ? null
          : { value: difference.value / span, standardError: difference.standardError / span },
      expected: {
        value: mean + span * bend,
        standardError: Math.hypot(share(a), share(b), bendError),
      },
    };
  });
}

function slopeOf({ coefficient, variance }: Temperature): number {
  return coefficient.value - variance;
}

function effective({ coefficient, draws, chains }: Temperature): number {
  return Math.min(coefficient.effectiveSize, draws * chains.length);
}

/** Of a variance, as if t ΔL were gamma distributed: √((2λ² + 6λ)/N). */
function varianceError(each: Temperature): number {
  const { variance } = each;
  return Math.sqrt((2 * variance ** 2 + 6 * Math.abs(variance)) / effective(each));
}
