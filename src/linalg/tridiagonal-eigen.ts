import { ThalwegError } from "../util/thalweg-error.ts";

/** Which rows of the eigenvector matrix to compute: none, the first and last (all that quadrature needs), or all. */
export type EigenvectorRows = "none" | "ends" | "all";

export interface TridiagonalEigen {
  /** Eigenvalues, ascending. */
  readonly values: Float64Array;
  /** First components of the unit eigenvectors (`rows` "ends" or "all"). */
  readonly first: Float64Array;
  /** Last components of the unit eigenvectors (`rows` "ends" or "all"). */
  readonly last: Float64Array;
  /** The unit eigenvectors, in the order of the values (`rows` "all"). */
  readonly vectors: Float64Array[];
}

/** Sweeps after which what is left of a coupling is taken for the rounding of the others. */
const PATIENCE = 30;

/** Sweeps for one eigenvalue, of which three are usual. */
const MOST = 100;

/** Columns of the eigenvector matrix that are rotated together, so that they stay in the cache during a sweep. */
const PANEL = 128;

/**
 * The eigenvalues of the symmetric tridiagonal matrix T with diagonal d and off-diagonal e, by
 * implicit QL with Wilkinson's shift (Dubrulle, Martin & Wilkinson 1971; EISPACK `imtql2`).
 *
 * Absolute error of a value: a small multiple of ε‖T‖.
 * Cost: about 30 n² flops for values, +10 n² for the ends, +10 n³ for all vectors.
 *
 * @param diagonal n numbers
 * @param offDiagonal n − 1 numbers
 * @throws check error `eigen-not-converged` when T holds a NaN or an infinity
 *
 * @example
 * tridiagonalEigen(Float64Array.of(0, 0), Float64Array.of(1), "none").values; // [-1, 1]
 */
export function tridiagonalEigen(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  rows: EigenvectorRows,
): TridiagonalEigen {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = new Float64Array(n);
  e.set(offDiagonal.subarray(0, Math.max(0, n - 1)));
  requireFinite(d, e);

  const all = rows === "all";
  const first = new Float64Array(rows === "none" ? 0 : n);
  const last = new Float64Array(rows === "none" ? 0 : n);
  if (rows === "ends" && n > 0) {
    first[0] = 1;
    last[n - 1] = 1;
  }
  const vectors: Float64Array[] = [];
  if (all) {
    for (let i = 0; i < n; i++) {
      const unit = new Float64Array(n);
      unit[i] = 1;
      vectors.push(unit);
    }
  }
  const cosines = new Float64Array(n);
  const sines = new Float64Array(n);

  // What is this small beside T is no coupling: between diagonals of zero it could underflow forever without ending.
  let size = 0;
  for (let i = 0; i < n; i++) size = Math.max(size, Math.abs(d[i]), Math.abs(e[i]));
  const negligible = Number.EPSILON ** 2 * size;
  // A sweep rounds small elements that lie among large ones by ε‖T‖, each time anew.
  const noise = Number.EPSILON * size;

  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      const floor = iteration < PATIENCE ? negligible : noise;
      while (m < n - 1 && !(Math.abs(e[m]) <= floor + Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1])))) {
        m++;
      }
      if (m === l) break;
      if (iteration === MOST) throw notConverged(`QL has not converged after ${MOST} sweeps`);

      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = length(f, g);
        e[i + 1] = r;
        if (r === 0) {
          // An underflow split the matrix: start the sweep again on the smaller block.
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        const t = (d[i] - g) * s + 2 * c * b;
        p = s * t;
        d[i + 1] = g + p;
        g = c * t - b;
        cosines[i] = c;
        sines[i] = s;
      }
      const from = i + 1;
      if (rows === "ends") {
        rotateComponents(first, cosines, sines, from, m);
        rotateComponents(last, cosines, sines, from, m);
      } else if (all) {
        rotateVectors(vectors, cosines, sines, from, m);
      }
      if (i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }

  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => d[a] - d[b]);
  const sorted = Array.from(order, (i) => vectors[i]);
  if (all) {
    sorted.forEach((vector, i) => {
      first[i] = vector[0];
      last[i] = vector[n - 1];
    });
  }
  return {
    values: Float64Array.from(order, (i) => d[i]),
    first: rows === "ends" ? Float64Array.from(order, (i) => first[i]) : first,
    last: rows === "ends" ? Float64Array.from(order, (i) => last[i]) : last,
    vectors: all ? sorted : [],
  };
}

/** √(f² + g²): Math.hypot takes many times as long, and is needed only where the squares leave the range of numbers. */
function length(f: number, g: number): number {
  const square = f * f + g * g;
  return square > 1e-280 && square < 1e300 ? Math.sqrt(square) : Math.hypot(f, g);
}

/** One row of the eigenvector matrix through the rotations (i, i + 1) of a sweep, i = m − 1 … from. */
function rotateComponents(
  row: Float64Array,
  cosines: Float64Array,
  sines: Float64Array,
  from: number,
  m: number,
): void {
  for (let i = m - 1; i >= from; i--) {
    const h = row[i + 1];
    row[i + 1] = sines[i] * row[i] + cosines[i] * h;
    row[i] = cosines[i] * row[i] - sines[i] * h;
  }
}

/** All rows through the rotations of a sweep: vector i + 1 is finished once rotated with i, and i is carried on. */
function rotateVectors(
  vectors: Float64Array[],
  cosines: Float64Array,
  sines: Float64Array,
  from: number,
  m: number,
): void {
  const n = vectors.length;
  const carried = new Float64Array(PANEL);
  for (let start = 0; start < n; start += PANEL) {
    const width = Math.min(PANEL, n - start);
    for (let k = 0; k < width; k++) carried[k] = vectors[m][start + k];
    for (let i = m - 1; i >= from; i--) {
      const low = vectors[i];
      const high = vectors[i + 1];
      const c = cosines[i];
      const s = sines[i];
      for (let k = 0; k < width; k++) {
        const x = low[start + k];
        const y = carried[k];
        high[start + k] = s * x + c * y;
        carried[k] = c * x - s * y;
      }
    }
    const finished = vectors[from];
    for (let k = 0; k < width; k++) finished[start + k] = carried[k];
  }
}

function requireFinite(d: Float64Array, e: Float64Array): void {
  if (!d.every(Number.isFinite) || !e.every(Number.isFinite))
    throw notConverged("its matrix holds a NaN or an infinity");
}

function notConverged(reason: string): ThalwegError {
  return new ThalwegError({
    kind: "check",
    code: "eigen-not-converged",
    message: `A small eigenproblem could not be solved: ${reason}.`,
    hint: "Look for the first product that is not finite.",
  });
}
