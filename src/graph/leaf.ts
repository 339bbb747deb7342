import type { Tensor } from "../util/tensor.ts";
import type { Emitter } from "./emitter.ts";
import type { Operation, Value, ValueType } from "./value.ts";

interface InputOperation extends Operation {
  readonly inputName: string;
}

interface ConstantOperation extends Operation {
  readonly value: Tensor;
}

export function inputOperation(name: string, type: ValueType): InputOperation {
  return {
    name: "Input",
    inputName: name,
    attributes: { name, dtype: type.dtype, shape: type.shape },
    infer: () => type,
    vmap: (node) => node,
    emit: () => name,
  };
}

/** Small constants with equal content are one node; large ones are compared by identity. */
const COMPARED_BY_CONTENT = 4096;

export function constantOperation(value: Tensor, identify: (data: object) => number): ConstantOperation {
  return {
    name: "Constant",
    value,
    attributes: { dtype: value.dtype, shape: value.shape, content: contentKey(value, identify) },
    infer: () => ({ dtype: value.dtype, shape: value.shape }),
    vmap: (node) => node,
    emit: (_node: Value, _inputs: readonly string[], emitter: Emitter) => emitter.constant(value),
  };
}

function contentKey(value: Tensor, identify: (data: object) => number): string {
  if (value.data.length > COMPARED_BY_CONTENT) return `#${identify(value.data)}`;
  // String() cannot tell -0 from 0, and 1/x can.
  return Array.from(value.data, (element) => (Object.is(element, -0) ? "-0" : String(element))).join(" ");
}

/** The name under which a value is fed, when it is an input. */
export function inputNameOf(value: Value): string | undefined {
  const operation: Operation & Partial<InputOperation> = value.operation;
  return operation.inputName;
}

/** The tensor of a constant value. */
export function tensorOf(value: Value): Tensor | undefined {
  const operation: Operation & Partial<ConstantOperation> = value.operation;
  return operation.value;
}
