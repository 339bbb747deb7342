/**
 * −E∞ = −2√((p − 1)/p): above it critical points of a spherical p-spin glass have an index that grows with N (Auffinger, Ben
 * Arous & Černý 2013).
 *
 * @example
 * endOfBulk(3); // -1.6329932
 */
export function endOfBulk(p: number): number {
  return -2 * Math.sqrt((p - 1) / p);
}

/**
 * −Eₖ: below it a spherical p-spin glass has, as N → ∞, no critical point of index k or more; −E₀ is the energy of the deepest minimum. Eₖ is the zero
 * of Θₖ(−E) = ½ ln(p − 1) − (p − 2)E²/(4(p − 1)) − (k + 1) I₁(E), the rate at which their number grows (Auffinger, Ben Arous &
 * Černý 2013, theorem 2.5), with I₁ = (2/E∞²)∫√(z² − E∞²) dz from E∞ to E. Cost: 60 halvings. Error: rounding.
 *
 * @param p how many spins meet in a term, at least 3
 *
 * @example
 * lowestEnergy(0); // -1.6569984
 */
export function lowestEnergy(index: number, p = 3): number {
  const end = -endOfBulk(p);
  const rate = (e: number) => {
    const root = Math.sqrt(e * e - end * end);
    const deviation = (e * root) / end ** 2 - Math.log((e + root) / end);
    return Math.log(p - 1) / 2 - ((p - 2) * e * e) / (4 * (p - 1)) - (index + 1) * deviation;
  };
  // At 2E∞ all rates are below 0 for the p that are asked for: I₁ grows as the square of E, and faster than ln p.
  let [low, high] = [end, 2 * end];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rate(middle) > 0) low = middle;
    else high = middle;
  }
  return -(low + high) / 2;
}
