import { type DType, sizeOf } from "../util/tensor.ts";
import { inputNameOf, tensorOf } from "./leaf.ts";
import type { Value, ValueType } from "./value.ts";

const ELEMENT_BYTES: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int64: 8, bool: 1 };

/** Bytes of a value as an engine holds it. */
export function bytesOf({ dtype, shape }: ValueType): number {
  return sizeOf(shape) * ELEMENT_BYTES[dtype];
}

/**
 * Bytes that values hold at most at one time when they are computed in this order, inputs and constants not counted: each is held
 * from where it is computed until its last use, outputs to the end; views are their input, and an elementwise result takes the
 * place of an input of its size that nobody needs any more.
 *
 * Cost: one pass over the values.
 */
export function heldAlong(order: readonly Value[], outputs: readonly Value[]): number {
  const buffers = new Map<Value, Value>();
  const bufferOf = (value: Value): Value => buffers.get(value) ?? value;
  for (const value of order) {
    const [first] = value.inputs;
    if (value.operation.view && first && sizeOf(first.shape) === sizeOf(value.shape))
      buffers.set(value, bufferOf(first));
  }
  const lastUse = new Map<Value, number>();
  order.forEach((value, i) => {
    for (const input of value.inputs) lastUse.set(bufferOf(input), i);
  });
  for (const output of outputs) lastUse.set(bufferOf(output), order.length);
  const isHeld = (value: Value) => inputNameOf(value) === undefined && tensorOf(value) === undefined;
  let [held, peak] = [0, 0];
  order.forEach((value, i) => {
    if (!isHeld(value)) return;
    const ending = [...new Set(value.inputs.map(bufferOf))].filter((each) => isHeld(each) && lastUse.get(each) === i);
    if (!buffers.has(value)) {
      const bytes = bytesOf(value);
      const takesPlace = value.operation.elementwise && ending.some((each) => bytesOf(each) === bytes);
      held += bytes;
      peak = Math.max(peak, takesPlace ? held - bytes : held);
    }
    for (const each of ending) held -= bytesOf(each);
  });
  return peak;
}
