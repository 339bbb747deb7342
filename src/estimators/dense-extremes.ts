import { dots } from "../linalg/multi-vector.ts";
import type { SymmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { inSteps } from "../util/in-steps.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Eigenvalue } from "./estimate.ts";
import { hiddenInEigenvalues } from "./exact-spectrum.ts";
import type { ExtremalResult } from "./extremal-eigenpairs.ts";
import { productRounding } from "./products.ts";
import { maxOf } from "../util/extremes.ts";

/**
 * From this share of the spectrum on, the whole matrix is cheaper than a search: Krylov spaces take about
 * 12 products for each eigenvalue wanted, with the check of multiplicity, and the matrix takes n in all.
 */
const DENSE_SHARE = 1 / 8;

/** Whether so many eigenvalues of an operator are found more cheaply from its whole matrix. */
export function prefersMatrix(dimension: number, wanted: number): boolean {
  return wanted >= DENSE_SHARE * dimension;
}

/** The symmetric part of a matrix, row-major, with ‖A − Aᵀ‖_F/‖A‖_F, the products that it took, and its spectrum. */
interface DenseMatrix {
  readonly matrix: Float64Array;
  readonly asymmetry: number;
  readonly products: number;
  readonly spectrum: SymmetricSpectrum;
}

/** What a residual may be of the largest eigenvalue, rounding of the products apart. */
const SOUND = 1e-8;

interface Ends {
  readonly largest: number;
  readonly smallest: number;
}

/**
 * Both ends of a spectrum that is known as a whole: the values are those of the spectrum, so that nothing was
 * missed, copies included; the vectors are made for them, and what they are off is in the residuals, with what
 * rounding of the products may hide. Out of time, values come without vectors, marked as not converged.
 *
 * Cost: no product; 6 n² flops a pair.
 *
 * @throws `interrupted`
 */
export async function denseEnds(
  operator: LinearOperator,
  { matrix, asymmetry, products, spectrum }: DenseMatrix,
  { largest, smallest }: Ends,
  context: RunContext,
): Promise<ExtremalResult> {
  const { values } = spectrum;
  const n = values.length;
  const scale = Math.max(Math.abs(values[0]), Math.abs(values[n - 1]));
  const hidden = hiddenInEigenvalues(productRounding(operator, scale), values, asymmetry);
  const tops = Array.from({ length: Math.min(n, largest) }, (_, i) => n - 1 - i);
  const bottoms = Array.from({ length: Math.min(n, smallest) }, (_, i) => i);
  // The outermost first: the time may not suffice for all.
  const places = [...new Set(tops.flatMap((place, i) => [place, ...bottoms.slice(i, i + 1)]).concat(bottoms))];
  const rows = Array.from({ length: n }, (_, i) => matrix.subarray(i * n, (i + 1) * n));
  const pairs = new Map<number, Eigenvalue>();
  await inSteps(spectrum.vectorsAt(places)[Symbol.iterator](), context, (vectors) => {
    const squares = new Float64Array(vectors.length);
    const at = pairs.size;
    rows.forEach((row, i) =>
      dots(vectors, row).forEach((x, j) => {
        squares[j] += (x - values[places[at + j]] * vectors[j][i]) ** 2;
      }),
    );
    vectors.forEach((vector, j) => {
      const place = places[at + j];
      pairs.set(place, { value: values[place], residual: Math.sqrt(squares[j]) + hidden, vector });
    });
  });
  const pairAt = (place: number): Eigenvalue => pairs.get(place) ?? { value: values[place], residual: hidden };
  const off = Math.max(0, maxOf([...pairs.values()].map(({ residual }) => residual - hidden)));
  // Inverse iteration leaves some roundings; more shows values that are not those of the matrix.
  const areSound = off <= SOUND * scale;
  const converged = pairs.size === places.length && areSound;
  return {
    top: tops.map(pairAt),
    bottom: bottoms.map(pairAt),
    scale,
    seen: { highest: values[n - 1], lowest: values[0] },
    products,
    method: `whole matrix (${products} products), every eigenvalue`,
    converged,
    reason: converged
      ? undefined
      : !areSound
        ? "The eigenvectors are not those of the matrix to these eigenvalues: see their residuals."
        : `The time was up after ${pairs.size} of ${places.length} eigenvectors; every eigenvalue is known.`,
    multiplicity: { checked: true, products: 0, found: 0, missProbability: 0, margin: 0 },
  };
}
