import type { LazyArray } from "../files/lazy-array.ts";
import { type Tensor, tensor } from "../util/tensor.ts";

/** The array with every number divided by `divisor` and rounded once to float32, as image pipelines do. */
export function scaled(array: LazyArray, divisor: number): LazyArray {
  const divide = ({ shape, data }: Tensor) => {
    const divided = new Float32Array(data.length);
    for (let i = 0; i < divided.length; i++) divided[i] = data[i] / divisor;
    return tensor("float32", shape, divided);
  };
  return {
    ...array,
    dtype: "float32",
    rows: (start, end) => divide(array.rows(start, end)),
    read: () => divide(array.read()),
  };
}
