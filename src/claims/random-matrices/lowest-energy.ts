import { END_OF_BULK } from "./spherical-spins.ts";

/**
 * −Eₖ: below it a spherical 3-spin glass has, as N → ∞, no critical point of index k or more; −E₀ is the energy of the deepest minimum. Eₖ is the zero
 * of Θₖ(−E) = ½ ln(p − 1) − (p − 2)E²/(4(p − 1)) − (k + 1) I₁(E), p = 3, the rate at which their number grows (Auffinger, Ben Arous &
 * Černý 2013, theorem 2.5), with I₁ = (2/E∞²)∫√(z² − E∞²) dz from E∞ to E. Cost: 60 halvings. Error: rounding.
 *
 * @example
 * lowestEnergy(0); // -1.6569984
 */
export function lowestEnergy(index: number): number {
  const rate = (e: number) => {
    const root = Math.sqrt(e * e - END_OF_BULK * END_OF_BULK);
    const deviation = (e * root) / END_OF_BULK ** 2 - Math.log((e + root) / -END_OF_BULK);
    return Math.log(2) / 2 - (e * e) / 8 - (index + 1) * deviation;
  };
  let [low, high] = [-END_OF_BULK, 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rate(middle) > 0) low = middle;
    else high = middle;
  }
  return -(low + high) / 2;
}
