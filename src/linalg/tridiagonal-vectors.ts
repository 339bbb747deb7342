import { dot, norm2, scale } from "./vector.ts";

/**
 * Eigenvalues nearer than this to each other, relative to ‖T‖, have their vectors made orthogonal (LAPACK `stein`);
 * those of others are so by themselves, to ε over the distance.
 */
const CLUSTER = 1e-3;
/** Of many vectors only nearer ones are: 1e-11 is then what is left. */
const [MANY, CLUSTER_OF_MANY] = [512, 1e-5];

/** Each step shrinks what belongs to other eigenvalues by about ε‖T‖ over their distance. */
const STEPS = 4;

/**
 * Unit eigenvectors of the symmetric tridiagonal matrix T to some of its eigenvalues, by inverse iteration:
 * (T − λI) zₖ₊₁ = zₖ, from LU factors with pivoting (Wilkinson 1965; Jessup & Ipsen 1992). Where eigenvalues
 * are near to each other, each vector is kept orthogonal to those before it.
 *
 * Cost: about 60 n flops a vector, + 16 nk for one of a cluster of k.
 *
 * @param values eigenvalues of T to working precision, ascending; the same one may come several times
 */
export function tridiagonalVectors(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  values: Float64Array,
): Float64Array[] {
  const n = diagonal.length;
  let size = 0;
  for (let i = 0; i < n; i++) size = Math.max(size, Math.abs(diagonal[i]) + 2 * Math.abs(offDiagonal[i] ?? 0));
  const [d, e, shifts] = [diagonal, offDiagonal, values].map((each) => (size > 0 ? each.map((x) => x / size) : each));
  const cluster = values.length > MANY ? CLUSTER_OF_MANY : CLUSTER;
  const vectors: Float64Array[] = [];
  let first = 0;
  for (let j = 0; j < values.length; j++) {
    while (shifts[j] - shifts[first] > cluster) first++;
    const near = vectors.slice(first);
    const factors = factorize(d, e, shifts[j]);
    const z = startingVector(n, j);
    for (let step = 0; step < STEPS; step++) {
      // Twice: the part along a neighbour may be all but a rounding of the solution.
      for (const known of [...near, ...near]) {
        const along = dot(known, z);
        for (let i = 0; i < n; i++) z[i] -= along * known[i];
      }
      scale(1 / norm2(z), z);
      if (step < STEPS - 1) solve(factors, z);
    }
    vectors.push(z);
  }
  return vectors;
}

/** Has a part along every eigenvector that occurs: none of them knows the golden ratio. */
function startingVector(n: number, j: number): Float64Array {
  const step = ((j + 1) * (Math.sqrt(5) - 1)) / 2;
  return Float64Array.from({ length: n }, (_, i) => 0.5 + (((i + 1) * step) % 1));
}

/** T − λI = P L U for ‖T‖ = 1, U with two diagonals above its own (LAPACK `gttrf`). */
interface Factors {
  readonly diagonal: Float64Array;
  readonly above: Float64Array;
  readonly second: Float64Array;
  readonly lower: Float64Array;
  readonly swapped: Uint8Array;
}

function factorize(d: Float64Array, e: Float64Array, value: number): Factors {
  const n = d.length;
  const diagonal = d.map((x) => x - value);
  const above = Float64Array.from({ length: n }, (_, i) => e[i] ?? 0);
  const second = new Float64Array(n);
  const lower = new Float64Array(n);
  const swapped = new Uint8Array(n);
  for (let i = 0; i + 1 < n; i++) {
    const below = e[i];
    if (Math.abs(diagonal[i]) >= Math.abs(below)) {
      if (Math.abs(diagonal[i]) < Number.EPSILON) diagonal[i] = Number.EPSILON;
      lower[i] = below / diagonal[i];
      diagonal[i + 1] -= lower[i] * above[i];
    } else {
      lower[i] = diagonal[i] / below;
      swapped[i] = 1;
      diagonal[i] = below;
      const next = diagonal[i + 1];
      diagonal[i + 1] = above[i] - lower[i] * next;
      above[i] = next;
      second[i] = above[i + 1];
      above[i + 1] *= -lower[i];
    }
  }
  // The matrix is singular up to rounding, and is meant to be: this is what turns z to its null vector.
  for (let i = 0; i < n; i++) if (Math.abs(diagonal[i]) < Number.EPSILON) diagonal[i] = Number.EPSILON;
  return { diagonal, above, second, lower, swapped };
}

/** x ← (T − λI)⁻¹ x, scaled so that it never overflows. */
function solve({ diagonal, above, second, lower, swapped }: Factors, x: Float64Array): void {
  const n = x.length;
  for (let i = 0; i + 1 < n; i++) {
    const [here, next] = swapped[i] === 1 ? [x[i + 1], x[i]] : [x[i], x[i + 1]];
    x[i] = here;
    x[i + 1] = next - lower[i] * here;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i];
    if (i + 1 < n) sum -= above[i] * x[i + 1];
    if (i + 2 < n) sum -= second[i] * x[i + 2];
    x[i] = sum / diagonal[i];
    if (Math.abs(x[i]) > LARGE) scale(1 / LARGE, x);
  }
}

const LARGE = 1e150;
