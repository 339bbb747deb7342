import { z } from "zod";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { dots } from "../linalg/multi-vector.ts";
import { norm2 } from "../linalg/vector.ts";
import { createRandom } from "../random/random-stream.ts";
import type { DiagonalBlock, LinearOperator } from "../operators/linear-operator.ts";
import type { RunContext } from "../util/run-context.ts";
import { countFrom, type OptionsOf } from "../util/options.ts";
import { sharedNumbers } from "../util/shared-numbers.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { countProducts, requireSymmetric } from "./products.ts";
import type { Products } from "./products.ts";
import { maxOf } from "../util/extremes.ts";

export interface ExactSpectrum {
  /** All eigenvalues, ascending. */
  readonly values: Float64Array;
  /** Unit eigenvectors in the same order, where asked for. */
  readonly vectors: Float64Array[];
  /** ‖A − Aᵀ‖_F / ‖A‖_F of the products as they came; the eigenvalues belong to (A + Aᵀ)/2. */
  readonly asymmetry: number;
  /** By how much rounding of the products may have moved an eigenvalue. */
  readonly rounding: number;
  readonly products: number;
}

export const exactSpectrumOptions = z.object({
  /** Largest dimension that is accepted; default 2000. */
  limit: countFrom(1).optional(),
  /** Return the eigenvectors too. */
  vectors: z.boolean().optional(),
});

export type ExactSpectrumOptions = OptionsOf<typeof exactSpectrumOptions>;

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
 * @throws usage errors `not-symmetric`, `too-large`; check error `not-finite`
 *
 * @example
 * const { values, asymmetry } = await exactSpectrum(hessian, {}, {});
 */
export async function exactSpectrum(
  operator: LinearOperator,
  options: ExactSpectrumOptions,
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
  const size = Math.max(Math.abs(values[0]), Math.abs(values[dimension - 1]));
  const rounding = hiddenInEigenvalues(products.rounding("norm", size), values, asymmetry);
  return { values, vectors, asymmetry, rounding, products: products.count() };
}

/**
 * What rounding of the products may hide of an eigenvalue: what the size predicts, or, where a cancellation left
 * more, sixteen times the asymmetry's share, as for traces (`matrixRounding`): it shows only a part of the rounding.
 */
export function hiddenInEigenvalues(predicted: number, values: Float64Array, asymmetry: number): number {
  return Math.max(predicted, (16 * asymmetry * norm2(values)) / Math.sqrt(values.length));
}

interface SymmetricPart {
  readonly matrix: Float64Array;
  /** ‖A‖_F. */
  readonly frobenius: number;
  /**
   * ‖A − Aᵀ‖_F/‖A‖_F over the elements that came twice; where some came once, what random products differ by from
   * those of the matrix, relative to ‖A‖_F, if that is more.
   */
  readonly asymmetry: number;
}

/** The symmetric part of the operator as a matrix, and its asymmetry. Cost n products, or less ({@link fillRows}). */
export async function denseMatrix(products: Products, stage: string): Promise<SymmetricPart> {
  const filled = await fillRows(products, stage, () => true);
  if (!filled) throw new RangeError("A matrix without a limit of time is complete.");
  return symmetrize(filled, products.operator.dimension);
}

/** The same; undefined where the time was up before all products were taken. */
export async function denseMatrixInTime(products: Products, stage: string): Promise<SymmetricPart | undefined> {
  const filled = await fillRows(products, stage, (width) => products.affords(width));
  return filled && symmetrize(filled, products.operator.dimension);
}

/** A matrix as its products gave it, row by row. */
interface FilledRows {
  readonly matrix: Float64Array;
  /** The coordinates of a diagonal block that was not made of products: what couples it to the others came once. */
  readonly apart?: DiagonalBlock;
  /** ‖Av − fl(Av)‖ for random v, an estimate of ‖A − fl(A)‖_F, where part of the matrix was made otherwise. */
  readonly deviation: number;
}

/**
 * The products with the unit vectors, one a row, while `goesOn`; undefined where it ended before all were taken. Rows
 * that are zero take none; those of a diagonal block that is had for less come from it, and their other elements from
 * the symmetry. Two random products prove the whole: where they differ from the matrix by more than rounding, the
 * block is dropped, and its products are taken.
 */
async function fillRows(
  products: Products,
  stage: string,
  goesOn: (width: number) => boolean,
): Promise<FilledRows | undefined> {
  const { operator } = products;
  const { dimension, preferredBlock, atOnce = 1 } = operator;
  const matrix = sharedNumbers(dimension * dimension);
  const width = Math.max(1, preferredBlock) * atOnce;
  const fill = async (places: Uint32Array): Promise<boolean> => {
    for (let start = 0; start < places.length; start += width) {
      const part = places.subarray(start, start + width);
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
  const probes = dimension >= PROBED_FROM && products.affords(dimension + PROBES) ? await probe(products) : [];
  const every = Uint32Array.from({ length: dimension }, (_, i) => i);
  const isReached = (i: number) => probes.length === 0 || probes.some(({ image }) => image[i] !== 0);
  const apart = probes.length > 0 ? operator.diagonalBlock?.() : undefined;
  const isApart = (i: number) => apart !== undefined && i >= apart.start && i < apart.start + apart.size;
  if (!(await fill(every.filter((i) => isReached(i) && !isApart(i))))) return undefined;
  let deviation = 0;
  let isBlock = false;
  if (apart) {
    if (!goesOn(apart.products)) return undefined;
    const { start, size } = apart;
    const rowsOfBlock = Array.from({ length: size }, (_, i) => {
      const at = (start + i) * dimension + start;
      return matrix.subarray(at, at + size);
    });
    await products.addBlock(apart, rowsOfBlock);
    coupleBlock(matrix, dimension, apart);
    products.report(stage, dimension);
    deviation = maxOf(probes.map(({ vector, image }) => distance(multiplied(matrix, vector), image)));
    isBlock = deviation <= AGREEMENT * products.rounding("frobenius", norm2(matrix));
    if (!isBlock) {
      matrix.fill(0, apart.start * dimension, (apart.start + apart.size) * dimension);
      if (!(await fill(every.filter((i) => isReached(i) && isApart(i))))) return undefined;
    }
  }
  // A row that the probes took for zero and that is not: its product is wanted after all.
  const isFull = await fill(
    every.filter((i) => !isReached(i) && every.some((j) => isReached(j) && matrix[j * dimension + i] !== 0)),
  );
  if (!isFull) return undefined;
  return isBlock ? { matrix, apart, deviation } : { matrix, deviation: 0 };
}

/** Random vectors that show which rows are zero, and prove a block. */
const PROBES = 2;

/** From this dimension on, two products are a small price for knowing which rows are zero. */
const PROBED_FROM = 512;

/** Products that the whole matrix takes, as far as is known before: which rows are zero, and take none, shows on the way. */
export function productsOfMatrix(operator: LinearOperator): number {
  const { dimension } = operator;
  if (dimension < PROBED_FROM) return dimension;
  const { size, products } = operator.diagonalBlock?.() ?? { size: 0, products: 0 };
  return dimension + PROBES - size + products;
}

/** The matrix may differ from its products by so many times their rounding, as traces are allowed (`matrixRounding`). */
const AGREEMENT = 16;

/**
 * Products with two random vectors. Whose component in both is exactly 0 is a row of zeros: a row that is not meets
 * a random vector in 0 with probability 0. The column of a row of zeros is zero, too, and needs no product.
 */
async function probe(products: Products): Promise<{ readonly vector: Float64Array; readonly image: Float64Array }[]> {
  const random = createRandom(0).split("reached rows");
  const vectors = Array.from({ length: PROBES }, (_, i) =>
    random.split(String(i)).normalVector(products.operator.dimension),
  );
  const images = await products.apply(vectors);
  return vectors.map((vector, i) => ({ vector, image: images[i] }));
}

/** Puts into the rows of a block, beside it, what the rows of the others say by symmetry. */
function coupleBlock(matrix: Float64Array, n: number, { start, size }: DiagonalBlock): void {
  const end = start + size;
  for (let top = start; top < end; top += TILE)
    for (let left = 0; left < n; left += TILE)
      for (let i = top; i < Math.min(top + TILE, end); i++)
        for (let j = left; j < Math.min(left + TILE, n); j++)
          if (j < start || j >= end) matrix[i * n + j] = matrix[j * n + i];
}

/** vᵀA, as products give Av for a symmetric A. */
function multiplied(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  const rows = Array.from({ length: n }, (_, i) => matrix.subarray(i * n, (i + 1) * n));
  return Float64Array.from(dots(rows, vector));
}

function distance(a: Float64Array, b: Float64Array): number {
  return norm2(a.map((x, i) => x - b[i]));
}

/** A matrix read across its rows is read in squares of this size: two of them stay in the first-level cache. */
const TILE = 16;

/** (A + Aᵀ)/2 in place, and the asymmetry. */
function symmetrize({ matrix, apart, deviation }: FilledRows, dimension: number): SymmetricPart {
  let skew = 0;
  let square = 0;
  let once = 0;
  // What couples a block that was not made of products to the others came once: b is a copy of a.
  const start = apart?.start ?? 0;
  const end = start + (apart?.size ?? 0);
  for (let top = 0; top < dimension; top += TILE)
    for (let left = 0; left <= top; left += TILE)
      for (let i = top; i < Math.min(top + TILE, dimension); i++) {
        const isInside = i >= start && i < end;
        const to = Math.min(left + TILE, i);
        for (let j = left, row = i * dimension; j < to; j++) {
          const a = matrix[row + j];
          const b = matrix[j * dimension + i];
          const size = a * a + b * b;
          square += size;
          if ((j >= start && j < end) !== isInside) once += size;
          if (a === b) continue;
          skew += 2 * (a - b) ** 2;
          matrix[row + j] = matrix[j * dimension + i] = (a + b) / 2;
        }
        if (to === i) square += matrix[i * dimension + i] ** 2;
      }
  const ofTwice = square > once ? Math.sqrt(skew / (square - once)) : 0;
  const asymmetry = square > 0 ? Math.max(ofTwice, deviation / Math.sqrt(square)) : 0;
  return { matrix, frobenius: norm2(matrix), asymmetry };
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
  { frobenius, asymmetry }: Pick<SymmetricPart, "frobenius" | "asymmetry">,
): number {
  return Math.max(products.rounding(of, frobenius), 16 * asymmetry * frobenius);
}
