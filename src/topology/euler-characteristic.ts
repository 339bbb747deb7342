import type { Filtration } from "./filtration.ts";
import type { Bar } from "./persistent-homology.ts";

/**
 * Whether bars are those of a filtration as far as counting tells: at every level, Σ(−1)^k (cells of dimension k) must be
 * Σ(−1)^k (bars of dimension k that are there), both the Euler characteristic of the sublevel set (Euler–Poincaré).
 *
 * @returns how many levels there are, and at how many the two differ
 */
export function checkEulerCharacteristic(
  { dimensions, values }: Filtration,
  bars: readonly Bar[],
): { readonly levels: number; readonly differing: number } {
  const ends = bars
    .flatMap(({ dimension, birth, death }) => {
      const sign = signOf(dimension);
      return [
        { level: birth, change: sign },
        { level: death, change: -sign },
      ];
    })
    .sort((a, b) => a.level - b.level);
  let [counted, alive, end, levels, differing] = [0, 0, 0, 0, 0];
  for (let cell = 0; cell < values.length; cell++) {
    counted += signOf(dimensions[cell]);
    if (values[cell + 1] === values[cell]) continue;
    for (; end < ends.length && ends[end].level <= values[cell]; end++) alive += ends[end].change;
    levels++;
    if (counted !== alive) differing++;
  }
  return { levels, differing };
}

function signOf(dimension: number): number {
  return dimension % 2 === 0 ? 1 : -1;
}
