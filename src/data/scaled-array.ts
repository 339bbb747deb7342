import type { LazyArray } from "../files/lazy-array.ts";
import { type Tensor, tensor } from "../util/tensor.ts";

/** The array with every number divided by `divisor` and rounded once to float32, as image pipelines do. */
export function scaled(array: LazyArray, divisor: number): LazyArray {
  const divide = ({ shape, data }: Tensor) =>
    tensor(
      "float32",
      shape,
      Float32Array.from(data, (value) => value / divisor),
    );
  return {
    ...array,
    dtype: "float32",
    rows: (start, end) => divide(array.rows(start, end)),
    read: () => divide(array.read()),
  };
}
