import type { TensorData } from "../util/tensor.ts";

/** sum[offset + i] += part[from + i] for `length` elements, in float64. */
export function addScaled(sum: Float64Array, offset: number, part: TensorData, from: number, length: number): void {
  for (let i = 0; i < length; i++) sum[offset + i] += part[from + i];
}
