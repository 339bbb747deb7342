import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { norm2 } from "../linalg/vector.ts";
import { createRandom } from "../random/random-stream.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { countProducts, requireSymmetric } from "./products.ts";
import type { Products } from "./products.ts";

export interface ExactSpectrum {
  /** All eigenvalues, ascending. */
  readonly values: Float64Array;
  /** Unit eigenvectors in the same order, where asked for. */
  readonly vectors: Float64Array[];
  /** ‖A − Aᵀ‖_F / ‖A‖_F of the products as they came; the eigenvalues belong to (A + Aᵀ)/2. */
  readonly asymmetry: number;
  readonly products: number;
}

export const exactSpectrumEstimator: EstimatorDescription = {
  name: "exact-spectrum",
  summary: "Every eigenvalue of a small operator, from its full matrix.",
  formula: String.raw`A = \sum_i \lambda_i q_i q_i^\top`,
  source: "Householder reduction and implicit QL: Wilkinson & Reinsch 1971",
  cost: "n products and 4/3 n³ flops (about 12 n³ more for vectors); 8n² bytes",
  needs: "a symmetric operator of dimension up to 2000, or a higher limit",
};

/**
 * The whole spectrum by applying the operator to the identity in blocks and solving the dense problem.
 *
 * @param options.limit largest dimension that is accepted; default 2000
 * @throws usage errors `not-symmetric`, `too-large`; check error `not-finite`
 *
 * @example
 * const { values, asymmetry } = await exactSpectrum(hessian, {}, {});
 */
export async function exactSpectrum(
  operator: LinearOperator,
  options: { readonly limit?: number; readonly vectors?: boolean },
  context: RunContext,
): Promise<ExactSpectrum> {
  requireSymmetric(operator, "The exact spectrum");
  const limit = options.limit ?? 2000;
  const { dimension } = operator;
  if (dimension > limit) {
    throw new ThalwegError({
      kind: "usage",
      code: "too-large",
      message: `The exact spectrum of ${operator.name} has dimension ${dimension}, beyond the limit of ${limit}.`,
      hint: "Estimate the density and the extremal eigenvalues, choose fewer parameters, or raise the limit.",
    });
  }
  const products = countProducts(operator, context);
  const { matrix, asymmetry } = await denseMatrix(products, "exact spectrum");
  const { values, vectors } = symmetricEigen(matrix, dimension, options.vectors ?? false);
  return { values, vectors, asymmetry, products: products.count() };
}

interface SymmetricPart {
  readonly matrix: Float64Array;
  readonly asymmetry: number;
}

/** The symmetric part of the operator as a matrix, and ‖A − Aᵀ‖_F/‖A‖_F. Cost n products. */
export async function denseMatrix(products: Products, stage: string): Promise<SymmetricPart> {
  const matrix = new Float64Array(products.operator.dimension ** 2);
  await fillRows(matrix, products, stage, () => true);
  return { matrix, asymmetry: symmetrize(matrix, products.operator.dimension) };
}

/** The same; undefined where the time was up before all products were taken. */
export async function denseMatrixInTime(products: Products, stage: string): Promise<SymmetricPart | undefined> {
  const matrix = new Float64Array(products.operator.dimension ** 2);
  const isFull = await fillRows(matrix, products, stage, (width) => products.affords(width));
  return isFull ? { matrix, asymmetry: symmetrize(matrix, products.operator.dimension) } : undefined;
}

/** The products with the unit vectors, one a row, while `goesOn`; whether all were taken. */
async function fillRows(
  matrix: Float64Array,
  products: Products,
  stage: string,
  goesOn: (width: number) => boolean,
): Promise<boolean> {
  const { dimension, preferredBlock, atOnce = 1 } = products.operator;
  const block = Math.max(1, preferredBlock) * atOnce;
  const fill = async (places: Uint32Array): Promise<boolean> => {
    for (let start = 0; start < places.length; start += block) {
      const part = places.subarray(start, start + block);
      if (!goesOn(part.length)) return false;
      const units = Array.from(part, (place) => {
        const unit = new Float64Array(dimension);
        unit[place] = 1;
        return unit;
      });
      const columns = await products.apply(units);
      columns.forEach((column, j) => matrix.set(column, part[j] * dimension));
      products.report(stage, dimension);
    }
    return true;
  };
  const isProbed = dimension >= PROBED_FROM && products.affords(dimension + 2);
  const isReached = isProbed ? await reachedRows(products) : new Uint8Array(dimension).fill(1);
  const every = Uint32Array.from(isReached.keys());
  if (!(await fill(every.filter((i) => isReached[i] === 1)))) return false;
  // A row that the probes took for zero and that is not: its product is wanted after all.
  return fill(every.filter((i) => isReached[i] === 0 && every.some((j) => matrix[j * dimension + i] !== 0)));
}

/** From this dimension on, two products are a small price for knowing which rows are zero. */
const PROBED_FROM = 512;

/**
 * 1 for every row of a symmetric matrix that is not zero: the row of a parameter without influence is, and a row
 * that is not meets a random vector in 0 with probability 0. Its column is zero, too, and needs no product.
 */
async function reachedRows(products: Products): Promise<Uint8Array> {
  const random = createRandom(0).split("reached rows");
  const { dimension } = products.operator;
  const images = await products.apply([0, 1].map((i) => random.split(String(i)).normalVector(dimension)));
  return Uint8Array.from({ length: dimension }, (_, i) => (images.some((image) => image[i] !== 0) ? 1 : 0));
}

/** Elements that fit a page of memory: a matrix read across its rows is read in squares of this size. */
const TILE = 64;

/** A ← (A + Aᵀ)/2; returns ‖A − Aᵀ‖_F/‖A‖_F. */
function symmetrize(matrix: Float64Array, dimension: number): number {
  let skew = 0;
  let square = 0;
  const visit = (i: number, from: number, to: number) => {
    for (let j = from; j < to; j++) {
      const a = matrix[i * dimension + j];
      const b = matrix[j * dimension + i];
      const weight = i === j ? 1 : 2;
      square += (weight * (a * a + b * b)) / 2;
      skew += weight * (a - b) ** 2;
      matrix[i * dimension + j] = matrix[j * dimension + i] = (a + b) / 2;
    }
  };
  for (let top = 0; top < dimension; top += TILE)
    for (let left = 0; left <= top; left += TILE)
      for (let i = top; i < Math.min(top + TILE, dimension); i++) visit(i, left, Math.min(left + TILE, i + 1));
  return square > 0 ? Math.sqrt(skew / square) : 0;
}

/**
 * What rounding of the products may add to trace and Frobenius norm of a matrix made of them: what its size
 * predicts, what was measured, or sixteen times the asymmetry ‖A − Aᵀ‖_F, where a cancellation left more. Asymmetry
 * shows only the part of the rounding that differs from product to product (measured on a network that is certain
 * of its class to 4e-5: the trace was off by 7.6 times that).
 */
export function matrixRounding(
  products: Products,
  of: "trace" | "frobenius",
  matrix: Float64Array,
  asymmetry: number,
): number {
  const size = norm2(matrix);
  return Math.max(products.rounding(of, size), 16 * asymmetry * size);
}
