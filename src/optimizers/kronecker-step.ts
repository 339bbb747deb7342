import { type SymmetricEigen, symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { timesKronecker } from "../linalg/kronecker.ts";
import { maxOf } from "../util/extremes.ts";
import type { KroneckerFactors } from "../problem/layer-factors.ts";

/** A layer with the eigenvectors of its two factors. */
export interface FactoredLayer extends KroneckerFactors {
  readonly left: SymmetricEigen;
  readonly right: SymmetricEigen;
}

/** Cost: 12 (rows³ + columns³) flops. */
export function factored(layer: KroneckerFactors): FactoredLayer {
  return {
    ...layer,
    left: symmetricEigen(layer.outputs, layer.rows, true),
    right: symmetricEigen(layer.inputs, layer.columns, true),
  };
}

/** The factors of before and of now, λ : 1 − λ. */
export function blendedLayer(before: KroneckerFactors, now: KroneckerFactors, share: number): KroneckerFactors {
  const blend = (a: Float64Array, b: Float64Array) => a.map((x, i) => share * x + (1 - share) * b[i]);
  return { ...now, inputs: blend(before.inputs, now.inputs), outputs: blend(before.outputs, now.outputs) };
}

/** Products of eigenvalues below this share of the largest are rounding. */
const FLAT = 1e-14;

/**
 * −(G + √μ/π)⁻¹ V (A + π√μ)⁻¹ for the part V of the gradient that lies in the layer, written into a step; π² is the mean
 * eigenvalue of A over that of G, so that the damping adds about μ to both (Martens & Grosse 2015, section 6.3). Without
 * damping, directions without curvature stay.
 *
 * Cost: 4 rows·columns·(rows + columns) flops.
 */
export function kroneckerStep(layer: FactoredLayer, gradient: Float64Array, damping: number, step: Float64Array): void {
  const { places, rows, columns, left, right } = layer;
  const [g, a] = [left, right].map(({ values }) => values.map((x) => Math.max(0, x)));
  const mean = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [meanG, meanA] = [mean(g), mean(a)];
  const pi = meanG > 0 && meanA > 0 ? Math.sqrt(meanA / meanG) : 1;
  const root = Math.sqrt(damping);
  const flat = FLAT * (maxOf(g) + root / pi) * (maxOf(a) + pi * root);
  const inverses = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < columns; k++) {
      const curvature = (g[i] + root / pi) * (a[k] + pi * root);
      inverses[i * columns + k] = curvature <= flat ? 0 : -1 / curvature;
    }
  const part = timesKronecker(
    layer,
    Float64Array.from(places, (at) => gradient[at]),
    inverses,
  );
  places.forEach((at, i) => (step[at] = part[i]));
}
