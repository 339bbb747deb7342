import type { Target } from "../graph/emitter.ts";
import type { Value } from "../graph/value.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { matmul } from "./matmul.ts";
import { ReduceSum, reshape } from "./structure.ts";
import { maxOf } from "../util/extremes.ts";

/**
 * [.., rows, columns] → [.., 1, columns] as a product with ones: the runtime's product of one row reads what it sums once, in
 * order, where its sum over an axis that is not the last goes column by column, and shares even short sums among threads.
 */
export function sumRows(x: Value): Value {
  const rows = x.shape[x.shape.length - 2];
  const ones = x.graph.constant({ dtype: x.dtype, shape: [1, rows], data: allocate(x.dtype, rows).fill(1) });
  return matmul(ones, x);
}

/** A sum over all axes but the last ones, in float32, by {@link sumRows}; undefined for any other value. */
export function sumOfRows(value: Value, [x]: readonly Value[], { portable, device }: Target): Value | undefined {
  const { axes } = value.operation.attributes;
  if (value.operation.name !== ReduceSum.name || !Array.isArray(axes)) return undefined;
  if (value.dtype !== "float32" || portable || device !== undefined) return undefined;
  const summed = axes.map(Number).filter((axis) => x.shape[axis] !== 1);
  if (summed.length === 0 || sizeOf(x.shape) === 0) return undefined;
  const last = maxOf(summed);
  const lead = x.shape.slice(0, last + 1);
  // Behind axes of one, all are summed up to the last of them.
  if (lead.some((extent, axis) => extent !== 1 && !summed.includes(axis))) return undefined;
  const columns = sizeOf(x.shape.slice(last + 1));
  if (columns === 1) return undefined;
  return reshape(sumRows(reshape(x, [sizeOf(lead), columns])), value.shape);
}
