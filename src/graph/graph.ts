import { shownValue } from "../util/shown-value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import {
  allocate,
  isFloat,
  requireTensor,
  requireTensorType,
  sizeOf,
  tensor,
  type DType,
  type Shape,
  type Tensor,
} from "../util/tensor.ts";
import { constantOperation, inputOperation, tensorOf } from "./leaf.ts";
import { requireTaken } from "./require-taken.ts";
import { requireType } from "./require-type.ts";
import type { GraphOptions, Operation, Value, ValueGraph, ValueType } from "./value.ts";

/** Results larger than this are left to the runtime instead of being folded into the graph; integers may be shapes. */
const FOLD_LIMIT = { float: 2 ** 16, integer: 2 ** 23 } as const;

/** What makes equal nodes one: the operation with its attributes, and the inputs. */
export function nodeKey(operation: Operation, inputs: readonly Value[]): string {
  return `${operation.name}|${inputs.map((input) => input.id).join(",")}|${JSON.stringify(operation.attributes)}`;
}

/**
 * A graph under construction: an append-only list of values, hash-consed (equal nodes are one
 * object), simplified and constant-folded as it grows. Transformations append to the same graph;
 * what no output needs is never emitted.
 *
 * @example
 * const graph = new Graph();
 * const x = graph.input("x", "float64", [2, 3]);
 * x === graph.input("x", "float64", [2, 3]); // true
 */
export class Graph implements ValueGraph {
  readonly values: Value[] = [];
  private readonly known = new Map<string, Value>();
  private readonly identities = new WeakMap<object, number>();
  private nextIdentity = 0;
  readonly options: GraphOptions;

  constructor(options: GraphOptions = {}) {
    this.options = options;
  }

  private get simplifies(): boolean {
    return this.options.simplify ?? true;
  }

  /** A value fed from outside on every run. */
  input(name: string, dtype: DType, shape: Shape): Value {
    requireTensorType(dtype, shape);
    const given: unknown = name;
    if (typeof given !== "string")
      throw new ThalwegError({
        kind: "internal",
        code: "bad-name",
        message: `The name of an input is a string, but ${shownValue(given)} was given.`,
        hint: "Give the name that its feed will have.",
      });
    const operation = inputOperation(name, { dtype, shape });
    return this.append(operation, [], { dtype, shape });
  }

  constant(value: Tensor): Value {
    requireTensor(value);
    const operation = constantOperation(value, (data) => this.identityOf(data));
    return this.append(operation, [], value);
  }

  private identityOf(data: object): number {
    const identity = this.identities.get(data) ?? this.nextIdentity++;
    this.identities.set(data, identity);
    return identity;
  }

  /** A constant scalar. */
  scalar(value: number, dtype: DType): Value {
    if (dtype === "int64" && !Number.isInteger(value))
      throw new ThalwegError({
        kind: "input",
        code: "dtype-mismatch",
        message: `The number ${value} stands beside integers: only floating-point numbers can be computed with it.`,
      });
    const data = allocate(dtype, 1);
    data[0] = value;
    return this.constant(tensor(dtype, [], data));
  }

  /** A constant integer vector. */
  integers(values: readonly number[]): Value {
    return this.constant(tensor("int64", [values.length], Float64Array.from(values)));
  }

  /** The value of an operation on inputs of this graph: simplified, folded or found again where possible. */
  apply(operation: Operation, inputs: readonly Value[]): Value {
    for (const input of inputs) {
      if (input.graph !== this) {
        throw new ThalwegError({
          kind: "internal",
          code: "foreign-value",
          message: `${operation.name} was given a value of another graph.`,
        });
      }
    }
    requireTaken(operation, inputs);
    const type = operation.infer(inputs);
    const folded = this.fold(operation, inputs, type);
    if (folded) return requireType(`Folding ${operation.name}`, folded, type);
    const simpler = this.simplifies ? operation.simplify?.(inputs, type) : undefined;
    return simpler ? requireType(`Simplifying ${operation.name}`, simpler, type) : this.append(operation, inputs, type);
  }

  private fold(operation: Operation, inputs: readonly Value[], type: ValueType): Value | undefined {
    if (!operation.evaluate || inputs.length === 0) return undefined;
    if (isFloat(type.dtype) && !this.simplifies) return undefined;
    if (sizeOf(type.shape) > FOLD_LIMIT[isFloat(type.dtype) ? "float" : "integer"]) return undefined;
    const tensors: Tensor[] = [];
    for (const input of inputs) {
      const constant = tensorOf(input);
      if (!constant) return undefined;
      tensors.push(constant);
    }
    const folded = operation.evaluate(tensors, type);
    return folded && this.constant(folded);
  }

  private append(operation: Operation, inputs: readonly Value[], { dtype, shape }: ValueType): Value {
    const key = nodeKey(operation, inputs);
    const found = this.known.get(key);
    if (found) return found;
    const value: Value = { id: this.values.length, graph: this, operation, inputs, dtype, shape };
    this.values.push(value);
    this.known.set(key, value);
    return value;
  }
}
