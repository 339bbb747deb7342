import type { RandomStream } from "../../random/random-stream.ts";
import { semicircleBelow } from "./goe.ts";
import type { RandomFunction } from "./critical-point.ts";
import { endOfBulk } from "./lowest-energy.ts";
import { hypotOf } from "../../util/extremes.ts";

/** Height below which critical points of all indices of the spherical 3-spin glass end, −E∞ = −2√((p − 1)/p) (Auffinger, Ben Arous & Černý 2013). */
export const END_OF_BULK = endOfBulk(3);

/** p/√(p(p − 1)): how far the energy shifts the spectrum, in units of a quarter of its width. */
export const SHIFT = 3 / Math.sqrt(6);

/** Share of the curvatures of a critical point of energy u that are negative, as N → ∞ (the same, lemma 3.2). */
export function indexShare(energy: number): number {
  return semicircleBelow(SHIFT * energy);
}

/**
 * The spherical 3-spin glass: u(x) = H/N = N^(−½) Σ Jᵢⱼₖ sᵢsⱼsₖ, s = x/|x|, J independent standard normal numbers and ½(|x|² − 1)²
 * added to it: a function on all of ℝᴺ whose critical points are those on the sphere |x| = 1, with their curvatures there and a
 * positive one, 4, along x.
 *
 * Cost: N³ multiplications for a value, a gradient or a Hessian.
 */
export function sphericalSpins(n: number, random: RandomStream): RandomFunction {
  const couplings = symmetricCouplings(n, random);
  const scale = 1 / Math.sqrt(n);
  /** Σₖ Aᵢⱼₖ xₖ. */
  const contracted = (x: Float64Array): Float64Array => {
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const at = (i * n + j) * n;
        let sum = 0;
        for (let k = 0; k < n; k++) sum += couplings[at + k] * x[k];
        matrix[i * n + j] = matrix[j * n + i] = sum;
      }
    return matrix;
  };
  /** The cubic form with the factors that its derivatives have there. */
  const parts = (x: Float64Array) => {
    const matrix = contracted(x);
    const slope = new Float64Array(n);
    let form = 0;
    let square = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) slope[i] += matrix[i * n + j] * x[j];
      form += slope[i] * x[i];
      square += x[i] * x[i];
    }
    return { matrix, slope, form, square, size: scale / square ** 1.5 };
  };
  const hessian = (x: Float64Array): Float64Array => {
    const { matrix, slope, form, square, size } = parts(x);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const crossed = (9 * (slope[i] * x[j] + x[i] * slope[j]) + (i === j ? 3 * form : 0)) / square;
        const along = (15 * form * x[i] * x[j]) / square ** 2;
        const wall = 4 * x[i] * x[j] + (i === j ? 2 * (square - 1) : 0);
        matrix[i * n + j] = matrix[j * n + i] = size * (6 * matrix[i * n + j] - crossed + along) + wall;
      }
    return matrix;
  };
  return {
    dimension: n,
    hessian,
    value(x) {
      const { form, size, square } = parts(x);
      return size * form + (square - 1) ** 2 / 2;
    },
    gradient(x, into) {
      const { slope, form, square, size } = parts(x);
      for (let i = 0; i < n; i++) into[i] = 3 * size * (slope[i] - (form / square) * x[i]) + 2 * (square - 1) * x[i];
    },
    hessianVector(x, v, into) {
      const matrix = hessian(x);
      for (let i = 0; i < n; i++) {
        into[i] = 0;
        for (let j = 0; j < n; j++) into[i] += matrix[i * n + j] * v[j];
      }
    },
  };
}

/** The mean of the couplings over all orders of their indices: variance 1 over the number of different orders. */
function symmetricCouplings(n: number, random: RandomStream): Float64Array {
  const all = new Float64Array(n * n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++)
      for (let k = 0; k <= j; k++) {
        const orders = i === j && j === k ? 1 : i === j || j === k ? 3 : 6;
        const value = random.normal() / Math.sqrt(orders);
        for (const [a, b, c] of [
          [i, j, k],
          [i, k, j],
          [j, i, k],
          [j, k, i],
          [k, i, j],
          [k, j, i],
        ])
          all[(a * n + b) * n + c] = value;
      }
  return all;
}

/** A uniformly random direction. */
export function randomDirection(n: number, random: RandomStream): Float64Array {
  const x = random.normalVector(n);
  const length = hypotOf(x);
  return x.map((each) => each / length);
}
