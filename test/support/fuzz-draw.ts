import type { RandomStream } from "../../src/random/random-stream.ts";
import { sizeOf, type Shape } from "../../src/util/tensor.ts";
import type { AttributeValue, Elements } from "./onnx-model.ts";

/** What an input of a node is fed. */
export interface Operand {
  readonly elements: Elements;
  readonly shape: Shape;
  readonly values: readonly number[];
  /** Known when the model is read. */
  readonly constant: boolean;
}

/** A use of an operator. */
export interface Use {
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined>>;
  readonly outputs?: number;
}

/** Draws what templates are made of. */
export class Draw {
  readonly random: RandomStream;
  readonly opset: number;
  readonly floats: Elements;

  constructor(random: RandomStream, opset: number, floats: Elements) {
    this.random = random;
    this.opset = opset;
    this.floats = floats;
  }

  int(low: number, high: number): number {
    return low + this.random.integer(high - low + 1);
  }

  chance(p: number): boolean {
    return this.random.uniform() < p;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random.integer(items.length)];
  }

  ints(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => this.int(low, high));
  }

  shape(low: number, high: number): number[] {
    return Array.from({ length: this.int(low, high) }, () => (this.chance(0.2) ? 1 : this.int(2, 4)));
  }

  /** Distinct numbers away from each other, so that no rounding changes an order; sometimes special ones. */
  float(shape: Shape, constant = false): Operand {
    const size = sizeOf(shape);
    const order = this.random.permutation(size);
    const values = Array.from(order, (rank) => Math.fround(((rank - size / 2) * 4 + 0.37) / Math.max(size, 4)));
    return { elements: this.floats, shape, values, constant };
  }

  integer(shape: Shape, low: number, high: number, constant = false, elements: Elements = "int64"): Operand {
    return { elements, shape, values: this.ints(sizeOf(shape), low, high), constant };
  }

  list(...values: number[]): Operand {
    return { elements: "int64", shape: [values.length], values, constant: true };
  }

  number(value: number, elements: Elements = "int64"): Operand {
    return { elements, shape: [], values: [value], constant: true };
  }

  bool(shape: Shape, constant = false): Operand {
    return { elements: "bool", shape, values: this.ints(sizeOf(shape), 0, 1), constant };
  }

  axis(rank: number): number {
    return this.int(-rank, rank - 1);
  }

  /** A shape that broadcasts with another. */
  beside(shape: Shape): number[] {
    return shape.slice(this.int(0, shape.length)).map((extent) => (this.chance(0.3) ? 1 : extent));
  }
}

/** One random use of an operator. */
export type Template = (draw: Draw) => Use;
