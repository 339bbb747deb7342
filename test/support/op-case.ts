import type { Value } from "../../src/graph/value.ts";
import type { RandomStream } from "../../src/random/random-stream.ts";
import {
  allocate,
  isFloat,
  sizeOf,
  type DType,
  type FloatType,
  type Shape,
  type Tensor,
} from "../../src/util/tensor.ts";

/** Draws the elements of an input. */
export type Fill = (random: RandomStream, size: number) => ArrayLike<number>;

export interface CaseInput {
  /** float64 stands for the precision of the run. */
  readonly dtype: DType;
  readonly shape: Shape;
  readonly fill: Fill;
}

/** One use of a primitive or of a function made of primitives: its inputs, and how it is applied to them. */
export interface OpCase {
  readonly label: string;
  readonly inputs: readonly CaseInput[];
  build(...inputs: Value[]): Value;
}

const from =
  (draw: (random: RandomStream) => number): Fill =>
  (random, size) =>
    Array.from({ length: size }, () => draw(random));

/** Standard normal. */
export const normal: Fill = from((random) => random.normal());
/** Away from 0, where kinks are: derivatives by differences must not step over them. */
export const awayFromZero: Fill = from((random) => {
  const x = random.normal();
  return x + Math.sign(x) * 0.3;
});
export const positive: Fill = from((random) => 0.5 + 2 * random.uniform());
export const offIntegers: Fill = from((random) => random.integer(7) - 3 + 0.2 + 0.6 * random.uniform());
/** No two closer than ¼, so that the largest stays the largest under a small step. */
export const distinct: Fill = (random, size) => Array.from(random.permutation(size), (rank) => (rank - size / 2) / 4);
export const truth: Fill = from((random) => random.integer(2));
export const integers = (low: number, high: number): Fill => from((random) => low + random.integer(high - low + 1));
/** Every index of an axis, counted from the front or from the back. */
export const indices = (extent: number): Fill => integers(-extent, extent - 1);

export const float = (shape: Shape, fill: Fill = normal): CaseInput => ({ dtype: "float64", shape, fill });
export const int = (shape: Shape, fill: Fill): CaseInput => ({ dtype: "int64", shape, fill });
export const bool = (shape: Shape): CaseInput => ({ dtype: "bool", shape, fill: truth });

/** Elements for an input: `blocks` tensors of it one after the other. Floats are exact in float32, so that both precisions see one input. */
export function draw(input: CaseInput, random: RandomStream, blocks = 1): Tensor {
  const { dtype, shape, fill } = input;
  const size = sizeOf(shape);
  const data = allocate(dtype, size * blocks);
  for (let k = 0; k < blocks; k++) data.set(Array.from(fill(random, size)), k * size);
  if (isFloat(dtype)) data.forEach((x, i) => (data[i] = Math.fround(x)));
  return { dtype, shape: blocks === 1 ? shape : [blocks, ...shape], data };
}

/** The tensor in the float type of a run. */
export function inPrecision(tensor: Tensor, precision: FloatType): Tensor {
  if (!isFloat(tensor.dtype)) return tensor;
  const data = precision === "float32" ? Float32Array.from(tensor.data) : Float64Array.from(tensor.data);
  return { dtype: precision, shape: tensor.shape, data };
}

/** Slice k of a tensor with a leading axis. */
export function slice(tensor: Tensor, k: number): Tensor {
  const shape = tensor.shape.slice(1);
  const size = sizeOf(shape);
  return { dtype: tensor.dtype, shape, data: tensor.data.slice(k * size, (k + 1) * size) };
}
