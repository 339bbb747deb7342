import { hessianAt } from "../hessian-at.ts";
import type { RandomFunction } from "../random-matrices/critical-point.ts";

/**
 * ½‖W₂W₁ − diag(s)‖² of two linear layers with r units between n inputs and n outputs, inputs whitened: W₁ (r × n) and behind
 * it W₂ (n × r), row by row. Any matrix M is a diagonal one in other axes of inputs and outputs.
 */
export function twoLinearLayers(s: readonly number[], r: number): RandomFunction {
  const n = s.length;
  const half = r * n;
  const first = (at: Float64Array, k: number, j: number) => at[k * n + j];
  const second = (at: Float64Array, i: number, k: number) => at[half + i * r + k];
  /** W₂ of one place times W₁ of another, n × n. */
  const product = (left: Float64Array, right: Float64Array) =>
    Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let k = 0; k < r; k++) sum += second(left, i, k) * first(right, k, j);
      return sum;
    });
  const errorAt = (at: Float64Array) => product(at, at).map((x, i) => x - (i % (n + 1) === 0 ? s[i / (n + 1)] : 0));
  /** Adds (W₂ᵀE, EW₁ᵀ), the slope for an error E. */
  const addBack = (at: Float64Array, error: Float64Array, into: Float64Array) => {
    for (let k = 0; k < r; k++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          into[k * n + j] += second(at, i, k) * error[i * n + j];
          into[half + i * r + k] += error[i * n + j] * first(at, k, j);
        }
  };
  const f = {
    dimension: 2 * half,
    value: (at: Float64Array) => errorAt(at).reduce((sum, x) => sum + x * x, 0) / 2,
    gradient(at: Float64Array, into: Float64Array) {
      into.fill(0);
      addBack(at, errorAt(at), into);
    },
    hessianVector(at: Float64Array, v: Float64Array, into: Float64Array) {
      const [one, other] = [product(v, at), product(at, v)];
      into.fill(0);
      addBack(
        at,
        one.map((x, i) => x + other[i]),
        into,
      );
      addBack(v, errorAt(at), into);
    },
  };
  return { ...f, hessian: (at) => hessianAt(f, at) };
}
