import { type LazyArray, tensorArray } from "../files/lazy-array.ts";
import { allocate, sizeOf, type Tensor, tensor } from "../util/tensor.ts";

/** The array with an axis moved to the front. Memory: the whole array, when rows are first asked for. */
export function examplesFirst(array: LazyArray, axis: number): LazyArray {
  const { name, file, storedAs, shape } = array;
  const moved = [shape[axis], ...shape.filter((_, each) => each !== axis)];
  let turned: LazyArray | undefined;
  const whole = (): LazyArray => {
    turned ??= tensorArray(name, file, storedAs, withExamplesFirst(array.read(), axis));
    return turned;
  };
  return { ...array, shape: moved, rows: (start, end) => whole().rows(start, end), read: () => whole().read() };
}

/** A tensor with the axis that counts examples moved to the front. */
export function withExamplesFirst(examples: Tensor, axis: number): Tensor {
  if (axis === 0) return examples;
  const { dtype, shape, data } = examples;
  const out = allocate(dtype, data.length);
  eachMove(shape[axis], sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1)), (front, inside) => {
    out[front] = data[inside];
  });
  return tensor(dtype, [shape[axis], ...shape.filter((_, each) => each !== axis)], out);
}

/** A tensor with the examples first, with them on the axis where a model counts them. */
export function withExamplesAt(examples: Tensor, axis: number): Tensor {
  if (axis === 0) return examples;
  const { dtype, shape, data } = examples;
  const [count, ...rest] = shape;
  const out = allocate(dtype, data.length);
  eachMove(count, sizeOf(rest.slice(0, axis)), sizeOf(rest.slice(axis)), (front, inside) => {
    out[inside] = data[front];
  });
  return tensor(dtype, [...rest.slice(0, axis), count, ...rest.slice(axis)], out);
}

/** Pairs of flat indices: an element with the moved axis in front, and with it behind `before` elements. */
function eachMove(extent: number, before: number, after: number, visit: (front: number, inside: number) => void): void {
  for (let i = 0; i < before; i++)
    for (let k = 0; k < extent; k++)
      for (let j = 0; j < after; j++) visit((k * before + i) * after + j, (i * extent + k) * after + j);
}
