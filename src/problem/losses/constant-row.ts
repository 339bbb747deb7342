import type { Value } from "../../graph/value.ts";
import { inPrecision, isFloat } from "../../util/tensor.ts";

/** Numbers of a loss's own as a constant of the outputs' precision, [1, …, 1, n]: along their last axis. */
export function constantRow(outputs: Value, numbers: readonly number[]): Value {
  const { graph, dtype, shape } = outputs;
  return graph.constant({
    dtype,
    shape: shape.map((_, axis) => (axis === shape.length - 1 ? numbers.length : 1)),
    data: isFloat(dtype) ? inPrecision(Float64Array.from(numbers), dtype) : Float64Array.from(numbers),
  });
}
