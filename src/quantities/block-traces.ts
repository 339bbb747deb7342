import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import { productRounding } from "../estimators/products.ts";
import { studentTQuantile } from "../linalg/distributions.ts";
import { dot, meanOf, sumOf } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { Desk } from "./desk.ts";
import { hessianExtremes, pairsOf } from "./hessian-extremes.ts";
import type { HessianMatrix } from "./hessian-matrix.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { rowsOf, type Layer } from "./layers-of.ts";
import { sampleMean } from "../linalg/sample-mean.ts";

/** A number that was found in another way, and by how much rounding may hold it off. */
export interface Again {
  readonly value: number;
  readonly allowed: number;
}

/** The traces of the blocks of all layers, with what proves them. */
export interface BlockTraces {
  readonly traces: readonly Estimate[];
  /** Of the sum of all traces: they share their probes, so that their errors are not independent. */
  readonly standardErrorOfSum: number;
  /** The diagonal of the matrix, or what the probes say of it: the traces are sums of it. */
  readonly diagonal: Float64Array;
  /** A product with a vector that lies in one layer against the products that the traces rest on, in units of what rounding leaves; 0 where they rest on a matrix. */
  readonly inOneLayer: number;
}

/** The trace of every layer's block from the diagonal. */
export function tracesOfMatrix(desk: Desk, whole: HessianMatrix, layers: readonly Layer[]): BlockTraces {
  const n = desk.problem.space.dimension;
  const { matrix, products } = whole;
  // Errors of the diagonal may cancel in the whole trace, and not in a part of it.
  const rounding = Math.max(whole.rounding.trace, whole.rounding.frobenius);
  const traces = layers.map(({ tensors }) => {
    const places = tensors.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
    const trace = sumOf(places.map((i) => matrix[i * n + i]));
    return exactEstimate(trace, rounding, products, "exact, from the whole matrix", desk.confidence);
  });
  const diagonal = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
  return { traces, diagonal, standardErrorOfSum: 0, inOneLayer: 0 };
}

/** Probes whose products are compared with those of a wider arithmetic. */
const COMPARED = 4;

/**
 * The trace of every layer's block from the same probes z: with H = VΛVᵀ + R on the known eigenpairs,
 * tr H_b = Σ λₖ‖v_{k,b}‖² + E z_bᵀ(Rz)_b, z random signs.
 */
export async function tracesByProbes(desk: Desk, layers: readonly Layer[], probes: number): Promise<BlockTraces> {
  const { confidence, problem, random } = desk;
  const n = problem.space.dimension;
  const hessian = desk.operator(hessianOperator);
  const known = pairsOf(await desk.get(hessianExtremes), n);
  const z = Array.from({ length: probes }, (_, i) => random.split(`layer probe ${i}`).rademacherVector(n));
  const images = await hessian.apply(z);
  const rest = images.map((image, i) => {
    const remainder = Float64Array.from(image);
    for (const { value, vector } of known) {
      const along = value * dot(vector, z[i]);
      for (let j = 0; j < n; j++) remainder[j] -= along * vector[j];
    }
    return remainder;
  });
  const quantile = studentTQuantile(0.5 + confidence / 2, probes - 1);
  const compared = z.slice(0, COMPARED);
  const exactImages = (await hessian.wider?.apply(compared)) ?? [];
  const errors = exactImages.map((exact, i) => images[i].map((x, j) => x - exact[j]));
  const traces = layers.map((layer) => {
    const exact = known.reduce((sum, { value, vector }) => sum + value * part(vector, vector, layer), 0);
    const samples = Float64Array.from(z, (probe, i) => part(probe, rest[i], layer));
    const { value: mean, standardError } = sampleMean(samples);
    const value = exact + mean;
    const rounding = boundOfMean(Float64Array.from(errors, (error, i) => part(z[i], error, layer)));
    const width = quantile * standardError + rounding;
    return {
      value,
      standardError,
      rounding,
      products: probes,
      method: "shared random signs after deflating the extreme eigenvectors",
      interval: { lower: value - width, upper: value + width, confidence },
      converged: true,
    };
  });
  const diagonal = new Float64Array(n);
  for (const { value, vector } of known) vector.forEach((x, j) => (diagonal[j] += value * x * x));
  for (const [i, remainder] of rest.entries()) remainder.forEach((x, j) => (diagonal[j] += (z[i][j] * x) / probes));
  return {
    traces,
    // The variance of zᵀRz is 2‖R‖_F² at most, and ‖Rz‖² is ‖R‖_F² on average: less noisy than what the forms scatter by.
    standardErrorOfSum: Math.sqrt((2 * meanSquareOf(rest)) / probes),
    diagonal,
    inOneLayer: await inOneLayer(hessian, layers[random.split("layer proof").integer(layers.length)], z, images),
  };
}

/** The sum of the products of two vectors over the places of a layer. */
function part(x: Float64Array, y: Float64Array, { tensors }: Layer): number {
  return tensors.reduce(
    (sum, { offset, size }) => sum + dot(x.subarray(offset, offset + size), y.subarray(offset, offset + size)),
    0,
  );
}

/** The mean of the squared lengths. */
function meanSquareOf(vectors: readonly Float64Array[]): number {
  return meanOf(Float64Array.from(vectors, (vector) => dot(vector, vector)));
}

/** How large the mean that a few samples are drawn about may be: theirs and three standard errors; 0 of none. */
function boundOfMean(samples: Float64Array): number {
  if (samples.length === 0) return 0;
  const { value, standardError } = sampleMean(samples);
  return Math.abs(value) + 3 * standardError;
}

/** Deviations of a sum of roundings whose signs are random. */
const DEVIATIONS = 6;

/**
 * Hw against the products Hz that the traces were made of, w the part of a probe z in one layer: (Hw)ᵀz = wᵀ(Hz). Each
 * side is off by wᵀΔHz, which is no more than the layer's own part of tr ΔH, √m ‖ΔH‖_F of m parameters, and what the rest adds by chance.
 */
async function inOneLayer(
  hessian: LinearOperator,
  layer: Layer,
  z: readonly Float64Array[],
  images: readonly Float64Array[],
): Promise<number> {
  const rows = rowsOf(layer.tensors);
  const w = new Float64Array(hessian.dimension);
  for (const row of rows) w[row] = z[0][row];
  const [image] = await hessian.apply([w]);
  const error = Math.abs(dot(image, z[0]) - dot(w, images[0]));
  // ‖Hz‖² is ‖H‖_F² on average.
  const size = Math.sqrt(meanSquareOf(images));
  const measured = await hessian.rounding?.();
  const rounding = Math.max(productRounding(hessian, size), measured?.frobenius ?? 0);
  return error === 0 ? 0 : error / (2 * (Math.sqrt(rows.length) + DEVIATIONS) * rounding);
}
