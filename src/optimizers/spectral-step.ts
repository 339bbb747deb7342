import { axpy, dot, norm2 } from "../linalg/vector.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { type Query, productAt } from "./walk.ts";

/** Orthonormal vectors and the Hessian between them. */
interface Subspace {
  readonly basis: readonly Float64Array[];
  /** QᵀHQ, row-major. */
  readonly matrix: Float64Array;
}

/** The Hessian in a subspace, and the gradient in its eigenvectors. */
export interface Spectrum {
  /** Ascending; none where the gradient is 0 and the subspace follows from it. */
  readonly values: readonly number[];
  /** vᵢᵀg. */
  readonly slopes: readonly number[];
  /** Σ cᵢvᵢ in the whole space. */
  combined(coefficients: readonly number[]): Float64Array;
}

/**
 * The eigenvalues and eigenvectors of the Hessian from products: exactly, where the space has no more than `most` dimensions,
 * else in the Krylov space of H and g of that many (Lanczos with full reorthogonalisation; Dauphin et al. 2014).
 *
 * @returns undefined where the Hessian is not finite
 */
export function* spectrumAt(
  at: Float64Array,
  gradient: Float64Array,
  most: number,
): Generator<Query, Spectrum | undefined> {
  const { basis, matrix } = at.length <= most ? yield* wholeSpace(at) : yield* krylovSpace(at, gradient, most);
  const size = basis.length;
  if (size === 0) return { values: [], slopes: [], combined: () => new Float64Array(at.length) };
  if (!matrix.every(Number.isFinite)) return undefined;
  const { values, vectors } = symmetricEigen(matrix, size, true);
  const coordinates = Float64Array.from(basis, (q) => dot(q, gradient));
  return {
    values: Array.from(values),
    slopes: vectors.map((vector) => dot(vector, coordinates)),
    combined(coefficients) {
      const image = new Float64Array(size);
      coefficients.forEach((c, k) => axpy(c, vectors[k], image));
      const step = new Float64Array(at.length);
      basis.forEach((q, i) => axpy(image[i], q, step));
      return step;
    },
  };
}

/**
 * A function of the Hessian times the gradient, f(H)g, in the space of {@link spectrumAt}.
 *
 * @param of the function of an eigenvalue
 */
export function* functionTimes(
  at: Float64Array,
  gradient: Float64Array,
  most: number,
  of: (eigenvalue: number, all: readonly number[]) => number,
): Generator<Query, Float64Array> {
  const spectrum = yield* spectrumAt(at, gradient, most);
  // Whoever looks sees that the walk has diverged.
  if (spectrum === undefined) return new Float64Array(at.length).fill(Number.NaN);
  const { values, slopes } = spectrum;
  return spectrum.combined(values.map((value, k) => of(value, values) * slopes[k]));
}

/** The Hessian column by column. */
function* wholeSpace(at: Float64Array): Generator<Query, Subspace> {
  const n = at.length;
  const matrix = new Float64Array(n * n);
  const basis = Array.from({ length: n }, (_, i) => {
    const unit = new Float64Array(n);
    unit[i] = 1;
    return unit;
  });
  for (let i = 0; i < n; i++) matrix.set(yield* productAt(at, basis[i]), i * n);
  return { basis, matrix };
}

/** What is left of a vector is rounding where orthogonalisation took more than this. */
const ROUNDING = 1e-12;

function* krylovSpace(at: Float64Array, start: Float64Array, most: number): Generator<Query, Subspace> {
  const basis: Float64Array[] = [];
  const images: Float64Array[] = [];
  let next = start.slice();
  let before = 0;
  while (basis.length < most) {
    // Twice is enough (Kahan; Parlett 1980).
    for (let pass = 0; pass < 2; pass++) for (const q of basis) axpy(-dot(q, next), q, next);
    const left = norm2(next);
    if (!(left > ROUNDING * before)) break;
    const unit = next.map((x) => x / left);
    const image = yield* productAt(at, unit);
    basis.push(unit);
    images.push(image);
    next = image.slice();
    before = norm2(image);
  }
  const size = basis.length;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      matrix[i * size + j] = dot(basis[i], images[j]);
      matrix[j * size + i] = matrix[i * size + j];
    }
  }
  return { basis, matrix };
}
