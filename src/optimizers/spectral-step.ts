import { axpy, dot, norm2 } from "../linalg/vector.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { type Query, productAt } from "./walk.ts";

/** Orthonormal vectors and the Hessian between them. */
interface Subspace {
  readonly basis: readonly Float64Array[];
  /** QᵀHQ, row-major. */
  readonly matrix: Float64Array;
}

/**
 * A function of the Hessian times the gradient, f(H)g, from products: exactly, where the space has no more than `most`
 * dimensions, else in the Krylov space of H and g of that many (Lanczos with full reorthogonalisation; Dauphin et al. 2014).
 *
 * @param of the function of an eigenvalue
 */
export function* functionTimes(
  at: Float64Array,
  gradient: Float64Array,
  most: number,
  of: (eigenvalue: number, all: readonly number[]) => number,
): Generator<Query, Float64Array> {
  const { basis, matrix } = at.length <= most ? yield* wholeSpace(at) : yield* krylovSpace(at, gradient, most);
  const size = basis.length;
  const step = new Float64Array(at.length);
  if (size === 0) return step;
  // Whoever looks sees that the walk has diverged.
  if (!matrix.every(Number.isFinite)) return step.fill(Number.NaN);
  const { values, vectors } = symmetricEigen(matrix, size, true);
  const all = Array.from(values);
  const coordinates = Float64Array.from(basis, (q) => dot(q, gradient));
  const image = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const vector = vectors[k];
    axpy(of(values[k], all) * dot(vector, coordinates), vector, image);
  }
  basis.forEach((q, i) => axpy(image[i], q, step));
  return step;
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
