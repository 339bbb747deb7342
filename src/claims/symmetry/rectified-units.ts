import { dot, norm2 } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";

/** A function that is x above 0 and slope·x below: ReLU with slope 0, leaky ReLU with more. */
interface Rectifier {
  readonly slope: number;
}

const derivative = (z: number, { slope }: Rectifier) => (z > 0 ? 1 : slope);

/** Points row by row, in so many dimensions. */
export interface Points {
  readonly rows: readonly Float64Array[];
}

/** The gradient of ½ mean (φ(w·x + b) + 1)² with respect to the weights of its one unit: its label is −1 everywhere, so that no error is 0. */
export function unitGradient(w: Float64Array, b: number, { rows }: Points, rectifier: Rectifier): Float64Array {
  const gradient = new Float64Array(w.length);
  for (const x of rows) {
    const z = dot(w, x) + b;
    const back = derivative(z, rectifier) * (derivative(z, rectifier) * z + 1);
    for (let i = 0; i < w.length; i++) gradient[i] += (back * x[i]) / rows.length;
  }
  return gradient;
}

/**
 * Lengths of the gradients of all matrices, first to last, of a network of `depth` rectified layers of so many units and a linear
 * one behind them, on the one example x = 1, label −1, without biases, normal weights.
 */
export function layerSlopes(width: number, depth: number, rectifier: Rectifier, random: RandomStream): number[] {
  const matrices = Array.from({ length: depth + 1 }, (_, layer) =>
    random.normalVector((layer === 0 ? 1 : width) * (layer === depth ? 1 : width)),
  );
  const inputs: Float64Array[] = [Float64Array.of(1)];
  const slopes: Float64Array[] = [];
  matrices.forEach((matrix, layer) => {
    const x = inputs[layer];
    const sums = Float64Array.from({ length: matrix.length / x.length }, (_, i) =>
      dot(matrix.subarray(i * x.length, (i + 1) * x.length), x),
    );
    const isLast = layer === depth;
    slopes.push(sums.map((z) => (isLast ? 1 : derivative(z, rectifier))));
    inputs.push(sums.map((z) => (isLast ? z : derivative(z, rectifier) * z)));
  });
  const lengths: number[] = [];
  // The error f + 1, and what it is with respect to each layer's sums.
  let back = inputs[depth + 1].map((f) => f + 1);
  for (let layer = depth; layer >= 0; layer--) {
    const x = inputs[layer];
    const matrix = matrices[layer];
    lengths.unshift(norm2(back) * norm2(x));
    if (layer === 0) break;
    const below = new Float64Array(x.length);
    back.forEach((each, i) => {
      for (let j = 0; j < x.length; j++) below[j] += each * matrix[i * x.length + j];
    });
    back = below.map((each, j) => each * slopes[layer - 1][j]);
  }
  return lengths;
}

/** Share of draws in which something is so. */
export function share(draws: number, isSo: () => boolean): number {
  let count = 0;
  for (let i = 0; i < draws; i++) if (isSo()) count++;
  return count / draws;
}
