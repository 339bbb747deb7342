import { broadcastShapes, forEachOffset, sameShape, stridesOf } from "../graph/broadcast.ts";
import type { Operand, Operation, Value } from "../graph/value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, isFloat, sizeOf, type Shape, type Tensor } from "../util/tensor.ts";
import { alignBatch, expand } from "./structure.ts";

/** Strides that walk a tensor of `shape` in step with a broadcast result of shape `to`. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const offset = to.length - shape.length;
  const strides = stridesOf(shape);
  return to.map((_, axis) => (axis < offset || shape[axis - offset] === 1 ? 0 : strides[axis - offset]));
}

/** Broadcasts the inputs on the fly and applies `f` element by element. */
export function evaluateElementwise(
  f: (...elements: number[]) => number,
  inputs: readonly Tensor[],
  type: { dtype: Tensor["dtype"]; shape: Shape },
): Tensor {
  const size = sizeOf(type.shape);
  const columns = inputs.map((input) => {
    if (sameShape(input.shape, type.shape)) return input.data;
    const column = allocate(input.dtype, size);
    forEachOffset(type.shape, broadcastStrides(input.shape, type.shape), 0, (position, offset) => {
      column[position] = input.data[offset];
    });
    return column;
  });
  const data = allocate(type.dtype, size);
  for (let i = 0; i < size; i++) data[i] = f(...columns.map((column) => column[i]));
  return { ...type, data };
}

/** The operation on a block, for any operation that broadcasts element by element. */
export function vmapElementwise(node: Value, inputs: readonly Value[], batched: readonly boolean[]): Value {
  const rank = node.shape.length;
  return node.graph.apply(
    node.operation,
    inputs.map((input, i) => (batched[i] ? alignBatch(input, rank) : input)),
  );
}

/** A number beside a value becomes a constant scalar of its dtype. */
export function lift(x: Operand, beside: Operand): Value {
  if (typeof x !== "number") return x;
  if (typeof beside === "number") {
    throw new ThalwegError({
      kind: "internal",
      code: "two-numbers",
      message: "An operation needs at least one graph value.",
    });
  }
  return beside.graph.scalar(x, beside.dtype);
}

/** Zeros of the type of a value. */
export function zerosLike(x: Value): Value {
  return expand(x.graph.scalar(0, x.dtype), x.shape);
}

export function fullLike(x: Value, value: number): Value {
  return expand(x.graph.scalar(value, x.dtype), x.shape);
}

/** Broadcasts `x` to a shape only when it does not have it already. */
export function broadcastTo(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : expand(x, shape);
}

/**
 * An input spread by Expand is used unspread when the result has the same shape without it: the
 * kernels broadcast for free.
 */
export function withoutExpand(
  inputs: readonly Value[],
  shape: Shape,
  rebuild: (inputs: readonly Value[]) => Value,
): Value | undefined {
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i].operation.name !== "Expand") continue;
    const lean = inputs.map((input, k) => (k === i ? input.inputs[0] : input));
    if (sameShape(broadcastShapes("Expand", ...lean.map((input) => input.shape)), shape)) return rebuild(lean);
  }
  return undefined;
}

export function requireFloat(op: string, ...inputs: readonly Value[]): void {
  for (const input of inputs) {
    if (!isFloat(input.dtype)) {
      throw new ThalwegError({
        kind: "input",
        code: "dtype-mismatch",
        message: `${op} needs floating-point input, not ${input.dtype}.`,
        where: { op },
      });
    }
  }
}

export function requireSameDtype(op: string, inputs: readonly Value[]): void {
  const first = inputs[0].dtype;
  for (const input of inputs) {
    if (input.dtype !== first) {
      throw new ThalwegError({
        kind: "input",
        code: "dtype-mismatch",
        message: `${op} needs inputs of one type, not ${first} and ${input.dtype}.`,
        where: { op },
      });
    }
  }
}

/** Whether an operation does not depend smoothly on its inputs anywhere: its derivative is zero. */
export const ZERO_DERIVATIVE: Pick<Operation, "jvp" | "vjp"> = {
  jvp: () => undefined,
  vjp: () => undefined,
};
