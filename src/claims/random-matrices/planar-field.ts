import type { RandomStream } from "../../random/random-stream.ts";
import type { Neighbourhood } from "../../topology/neighbourhood.ts";

/** A random function on a torus, on a square grid, all in rows. */
export interface PlanarField {
  readonly values: Float64Array;
  /** Its derivatives down and to the right. */
  readonly slopes: readonly [Float64Array, Float64Array];
  /** Eight neighbours each, around the torus. */
  readonly neighbourhood: Neighbourhood;
}

/** Waves that are shorter carry less than exp(−½ 6.5²) ≈ 7e-10 of the variance, and are left out. */
const SHORTEST = 6.5;

/**
 * A Gaussian field of covariance exp(−r²/2), periodic: Σ gⱼₖ uⱼ(x) uₖ(y), g independent standard normal numbers, uⱼ the waves that fit
 * the side, each times the root of its share in exp(−x²/2) wrapped around it, which goes like e^(−q²/2). The covariance is a
 * product of those along the sides. Cost: points × waves multiplications, three times.
 *
 * @param n points along a side
 * @param perLength points on a length of the covariance
 */
export function planarField(n: number, perLength: number, random: RandomStream): PlanarField {
  const { waves, derivatives } = wavesOf(n, n / perLength);
  const amounts = waves.map(() => random.normalVector(waves.length));
  const mixed = rowsOf(waves, amounts, n);
  const sloping = rowsOf(derivatives, amounts, n);
  return {
    values: onGrid(mixed, waves, n),
    slopes: [onGrid(sloping, waves, n), onGrid(mixed, derivatives, n)],
    neighbourhood: torus(n),
  };
}

/** Σⱼ uⱼ(xᵢ) gⱼₖ. */
function rowsOf(waves: readonly Float64Array[], amounts: readonly Float64Array[], n: number): Float64Array[] {
  const rows = Array.from({ length: n }, () => new Float64Array(waves.length));
  waves.forEach((wave, j) => {
    for (let i = 0; i < n; i++) for (let k = 0; k < waves.length; k++) rows[i][k] += wave[i] * amounts[j][k];
  });
  return rows;
}

/** Σₖ of those times uₖ(y). */
function onGrid(rows: readonly Float64Array[], waves: readonly Float64Array[], n: number): Float64Array {
  const values = new Float64Array(n * n);
  waves.forEach((wave, k) => {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) values[i * n + j] += rows[i][k] * wave[j];
  });
  return values;
}

/** The waves along one side at its n points, and their derivatives. */
function wavesOf(n: number, side: number) {
  const most = Math.min(Math.floor((SHORTEST * side) / (2 * Math.PI)), Math.floor((n - 1) / 2));
  const [waves, derivatives]: [Float64Array[], Float64Array[]] = [[], []];
  for (let j = 0; j <= most; j++) {
    const q = (2 * Math.PI * j) / side;
    const size = Math.sqrt(((j === 0 ? 1 : 2) * Math.sqrt(2 * Math.PI) * Math.exp((-q * q) / 2)) / side);
    const along = (factor: number, of: (angle: number) => number) =>
      Float64Array.from({ length: n }, (_, i) => factor * of((2 * Math.PI * i * j) / n));
    waves.push(along(size, Math.cos));
    derivatives.push(along(-q * size, Math.sin));
    if (j === 0) continue;
    waves.push(along(size, Math.sin));
    derivatives.push(along(q * size, Math.cos));
  }
  return { waves, derivatives };
}

function torus(n: number): Neighbourhood {
  return {
    points: n * n,
    each(point, visit) {
      const [row, column] = [Math.floor(point / n), point % n];
      for (const down of [n - 1, 0, 1])
        for (const right of [n - 1, 0, 1])
          if (down !== 0 || right !== 0) visit(((row + down) % n) * n + ((column + right) % n));
    },
  };
}
