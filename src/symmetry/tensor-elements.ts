import { forEachOffset, stridesOf } from "../graph/broadcast.ts";
import { sizeOf } from "../util/tensor.ts";
import type { UnitTensor } from "./symmetry.ts";

/** The elements of a tensor in a flat vector, in row-major order of its factors: where they lie, or else a copy. */
export function elementsOf({ offset, dimensions, strides }: UnitTensor, theta: Float64Array): Float64Array {
  const shape = dimensions.map(({ extent }) => extent);
  if (!strides) return theta.subarray(offset, offset + sizeOf(shape));
  const elements = new Float64Array(sizeOf(shape));
  forEachOffset(shape, strides, offset, (position, from) => {
    elements[position] = theta[from];
  });
  return elements;
}

/** Puts such elements back where they lie in a flat vector. */
export function putElements(
  { offset, dimensions, strides }: UnitTensor,
  elements: Float64Array,
  theta: Float64Array,
): void {
  const shape = dimensions.map(({ extent }) => extent);
  forEachOffset(shape, strides ?? stridesOf(shape), offset, (position, to) => {
    theta[to] = elements[position];
  });
}
