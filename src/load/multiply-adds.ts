import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";

/** Multiply–adds of one value: the length of the sum behind each element of a contraction, else none. */
const SUM_LENGTH: Readonly<Record<string, (value: Value) => number>> = {
  MatMul: ({ inputs: [a], operation }) => {
    const { shape } = a;
    return operation.attributes["transposeA"] === true ? shape[shape.length - 2] : shape[shape.length - 1];
  },
  Conv: ({ inputs: [, w] }) => sizeOf(w.shape.slice(1)),
};

/** Multiply–adds of one run of a forward graph: of its matrix products and convolutions, which is nearly all. */
export function multiplyAdds(outputs: readonly Value[]): number {
  let sum = 0;
  for (const value of reachable(outputs)) {
    const length = SUM_LENGTH[value.operation.name]?.(value);
    if (length !== undefined) sum += length * sizeOf(value.shape);
  }
  return sum;
}
