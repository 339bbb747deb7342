import { dot, norm2 } from "../linalg/vector.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { denseOperator } from "../operators/dense-operator.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Eigenvalue } from "./estimate.ts";
import { extremalEigenpairs, type ExtremalResult } from "./extremal-eigenpairs.ts";
import { productRounding } from "./products.ts";

/**
 * From this share of the spectrum on, the whole matrix is cheaper than a search: Krylov spaces take about
 * 12 products for each eigenvalue wanted, with the check of multiplicity, and the matrix takes n in all.
 */
const DENSE_SHARE = 1 / 8;

/** Whether so many eigenvalues of an operator are found more cheaply from its whole matrix. */
export function prefersMatrix(dimension: number, wanted: number): boolean {
  return wanted >= DENSE_SHARE * dimension;
}

/** Residual of the vectors that belong to known eigenvalues, relative to the largest. */
const TOLERANCE = 1e-6;

/** The symmetric part of a matrix, row-major, with ‖A − Aᵀ‖_F/‖A‖_F and the products that it took. */
interface DenseMatrix {
  readonly matrix: Float64Array;
  readonly asymmetry: number;
  readonly products: number;
}

interface Ends {
  readonly largest: number;
  readonly smallest: number;
}

/**
 * What rounding of the products may hide of an eigenvalue: what the size predicts, or, where a cancellation left
 * more, sixteen times the asymmetry's share, as for traces (`matrixRounding`): it shows only a part of the rounding.
 */
function hiddenBy(operator: LinearOperator, values: Float64Array, asymmetry: number): number {
  const scale = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
  return Math.max(productRounding(operator, scale), (16 * asymmetry * norm2(values)) / Math.sqrt(values.length));
}

/**
 * Both ends of a spectrum that is known as a whole: the values are those of the spectrum, so that nothing
 * was missed; the vectors come from a Krylov space of the matrix, and what they are off is in the residuals.
 *
 * Cost: no product; about 150 n² flops a pair.
 */
export async function denseEnds(
  operator: LinearOperator,
  dense: DenseMatrix & { readonly values: Float64Array },
  ends: Ends,
  random: RandomStream,
  context: RunContext,
): Promise<ExtremalResult> {
  const { matrix, values, asymmetry, products } = dense;
  const n = values.length;
  const hidden = hiddenBy(operator, values, asymmetry);
  const scale = Math.max(Math.abs(values[0]), Math.abs(values[n - 1]));
  const search = (label: string, checkMultiplicity: boolean) =>
    extremalEigenpairs(
      denseOperator(matrix, n, operator.name),
      { ...ends, tolerance: TOLERANCE, vectors: true, checkMultiplicity },
      random.split(label),
      context,
    );
  const isOff = ({ top, bottom }: ExtremalResult) =>
    top.some(({ value }, i) => Math.abs(value - values[n - 1 - i]) > TOLERANCE * scale) ||
    bottom.some(({ value }, i) => Math.abs(value - values[i]) > TOLERANCE * scale);
  // The spectrum tells whether a copy was missed; only then is it looked for.
  const first = await search("first", false);
  const found = isOff(first) ? await search("again", true) : first;
  const paired = (pairs: readonly Eigenvalue[], place: (i: number) => number) =>
    pairs.map(({ value, residual, vector }, i): Eigenvalue => {
      const known = values[place(i)];
      // The value is that of the spectrum; the vector is as far off as its residual says.
      return { value: known, residual: Math.abs(value - known) + residual + hidden, vector };
    });
  return {
    top: paired(found.top, (i) => n - 1 - i),
    bottom: paired(found.bottom, (i) => i),
    scale,
    products,
    method: `whole matrix (${products} products), every eigenvalue`,
    converged: found.converged,
    multiplicity: { checked: true, products: 0, found: 0, missProbability: 0, margin: 0 },
  };
}

/**
 * Both ends of the spectrum from the whole matrix. Residuals are those of the matrix, with what rounding
 * of the products it was made of may hide, and with its asymmetry: (A + Aᵀ)/2 is what was decomposed, and
 * ‖(A − Aᵀ)/2‖₂ of a random skew matrix is about 2/√n of its Frobenius norm.
 *
 * Cost: no product; about 13 n³ flops.
 */
export function denseExtremes(operator: LinearOperator, dense: DenseMatrix, ends: Ends): ExtremalResult {
  const n = operator.dimension;
  const { matrix, asymmetry, products } = dense;
  const { values, vectors } = symmetricEigen(Float64Array.from(matrix), n, true);
  const scale = Math.max(Math.abs(values[0]), Math.abs(values[n - 1]));
  const hidden = hiddenBy(operator, values, asymmetry);
  const pairs = Array.from(values, (value, i): Eigenvalue => {
    const vector = vectors[i];
    let square = 0;
    for (let row = 0; row < n; row++)
      square += (dot(matrix.subarray(row * n, (row + 1) * n), vector) - value * vector[row]) ** 2;
    return { value, residual: Math.sqrt(square) + hidden, vector };
  });
  return {
    top: pairs.slice(Math.max(0, n - ends.largest)).toReversed(),
    bottom: pairs.slice(0, ends.smallest),
    scale,
    products,
    method: `whole matrix (${n} products), dense eigendecomposition`,
    converged: true,
    multiplicity: { checked: true, products: 0, found: 0, missProbability: 0, margin: 0 },
  };
}
