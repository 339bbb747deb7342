import { dot, scale } from "../linalg/vector.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";

export interface PrincipalComponents {
  /** Unit vectors, by falling variance; only those that are above rounding. The first vector lies on the positive side of each. */
  readonly vectors: readonly Float64Array[];
  /** Σ over the vectors of the squared coordinate along each component, about the mean. */
  readonly variances: readonly number[];
  /** Σ ‖x − mean‖². */
  readonly total: number;
}

/** Of the largest, below which a variance is rounding. */
const NOTHING = 1e-12;

/**
 * Principal components of a few long vectors about their mean, by the eigenvectors of the n × n matrix of their inner
 * products. Cost: n²/2 products of length d, and n vectors of memory.
 *
 * @example
 * principalComponents([Float64Array.of(1, 0), Float64Array.of(-1, 0)]).vectors; // [Float64Array [1, 0]]
 */
export function principalComponents(points: readonly Float64Array[]): PrincipalComponents {
  const n = points.length;
  const mean = new Float64Array(points[0].length);
  for (const point of points) point.forEach((x, i) => (mean[i] += x / n));
  const centred = points.map((point) => point.map((x, i) => x - mean[i]));
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) gram[i * n + j] = gram[j * n + i] = dot(centred[i], centred[j]);
  const total = centred.reduce((sum, _, i) => sum + gram[i * n + i], 0);
  const { values, vectors } = symmetricEigen(gram, n, true);
  const kept = [...values.keys()].reverse().filter((i) => values[i] > NOTHING * values[n - 1] && values[i] > 0);
  return {
    vectors: kept.map((i) => {
      const component = new Float64Array(mean.length);
      const sign = vectors[i][0] < 0 ? -1 : 1;
      centred.forEach((point, k) => point.forEach((x, j) => (component[j] += sign * vectors[i][k] * x)));
      scale(1 / Math.sqrt(dot(component, component)), component);
      return component;
    }),
    variances: kept.map((i) => values[i]),
    total,
  };
}
