import { type SymmetricEigen, symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { dot } from "../linalg/vector.ts";
import type { LayerFactors } from "../problem/layer-factors.ts";

/** A layer with the eigenvectors of its two factors. */
export interface FactoredLayer extends LayerFactors {
  readonly left: SymmetricEigen;
  readonly right: SymmetricEigen;
}

/** Cost: 12 (rows³ + columns³) flops. */
export function factored(layer: LayerFactors): FactoredLayer {
  return {
    ...layer,
    left: symmetricEigen(layer.outputs, layer.rows, true),
    right: symmetricEigen(layer.inputs, layer.columns, true),
  };
}

/** The factors of before and of now, λ : 1 − λ. */
export function blendedLayer(before: LayerFactors, now: LayerFactors, share: number): LayerFactors {
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
  // Rows of the gradient in the eigenvectors of A, and their combinations in those of G.
  const turned = Array.from({ length: rows }, (_, r) => {
    const row = Float64Array.from({ length: columns }, (_, c) => gradient[places[r * columns + c]]);
    return Float64Array.from(right.vectors, (vector) => dot(vector, row));
  });
  const flat = FLAT * (Math.max(...g) + root / pi) * (Math.max(...a) + pi * root);
  const back = Array.from({ length: rows }, () => new Float64Array(columns));
  left.vectors.forEach((vector, i) => {
    for (let k = 0; k < columns; k++) {
      const curvature = (g[i] + root / pi) * (a[k] + pi * root);
      if (curvature <= flat) continue;
      let part = 0;
      for (let r = 0; r < rows; r++) part += vector[r] * turned[r][k];
      for (let r = 0; r < rows; r++) back[r][k] -= (vector[r] * part) / curvature;
    }
  });
  back.forEach((coordinates, r) => {
    const row = new Float64Array(columns);
    right.vectors.forEach((vector, k) => {
      for (let c = 0; c < columns; c++) row[c] += coordinates[k] * vector[c];
    });
    for (let c = 0; c < columns; c++) step[places[r * columns + c]] = row[c];
  });
}
