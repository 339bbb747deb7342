/** A difference of free energies with its error. */
export interface FreeEnergyDifference {
  /** ln Z₁ − ln Z₂. */
  readonly value: number;
  readonly standardError: number;
}

/** Effective draws that overlap, below which the difference rests on next to nothing. */
const LEAST_OVERLAP = 10;
const ROUNDS = 200;

/**
 * ln Z₁ − ln Z₂ of two densities from draws of both, each weighed as what is known of it allows (Bennett 1976): the root of
 * Σ₁ f(M + w − ΔF) = Σ₂ f(−M − w + ΔF), f(x) = 1/(1 + eˣ), w = U₂ − U₁ and M = ln n₁/n₂, with its asymptotic error at n₁ and n₂
 * effective draws. Undefined where hardly a draw of one could be one of the other.
 *
 * @param works U₂ − U₁ at draws of the first, and at draws of the second
 * @param effective how many independent draws each are worth
 *
 * @example
 * bennett([works1, works2], [800, 750]); // { value: 4.2, standardError: 0.05 }
 */
export function bennett(
  [first, second]: readonly [Float64Array, Float64Array],
  [n1, n2]: readonly [number, number],
): FreeEnergyDifference | undefined {
  const shift = Math.log(n1 / n2);
  const share1 = (f: number) => averageOf(first, (w) => fermi(shift + w - f));
  const share2 = (f: number) => averageOf(second, (w) => fermi(-shift - w + f));
  // It rises with f.
  const balance = (f: number) => n1 * share1(f) - n2 * share2(f);
  const works = [...first, ...second].filter(Number.isFinite);
  if (works.length === 0) return undefined;
  let low = works.reduce((least, w) => Math.min(least, w), Number.POSITIVE_INFINITY) - Math.abs(shift) - 50;
  let high = works.reduce((most, w) => Math.max(most, w), Number.NEGATIVE_INFINITY) + Math.abs(shift) + 50;
  for (let i = 0; i < ROUNDS && high - low > 1e-12 * (1 + Math.abs(low)); i++) {
    const middle = (low + high) / 2;
    if (balance(middle) < 0) low = middle;
    else high = middle;
  }
  const value = (low + high) / 2;
  const [mean1, mean2] = [share1(value), share2(value)];
  const overlap = Math.min(n1 * mean1, n2 * mean2);
  if (!(overlap >= LEAST_OVERLAP)) return undefined;
  const square1 = averageOf(first, (w) => fermi(shift + w - value) ** 2);
  const square2 = averageOf(second, (w) => fermi(-shift - w + value) ** 2);
  const variance = (square1 / mean1 ** 2 - 1) / n1 + (square2 / mean2 ** 2 - 1) / n2;
  return { value, standardError: Math.sqrt(Math.max(0, variance)) };
}

function fermi(x: number): number {
  return x > 0 ? Math.exp(-x) / (1 + Math.exp(-x)) : 1 / (1 + Math.exp(x));
}

function averageOf(numbers: Float64Array, f: (x: number) => number): number {
  return numbers.reduce((sum, x) => sum + f(x), 0) / numbers.length;
}
