import { shownValue } from "./shown-value.ts";
import { ThalwegError } from "./thalweg-error.ts";

export type FloatType = "float32" | "float64";

/**
 * The element types of the intermediate representation. Narrower ONNX types are promoted when a
 * model is read: float16 and bfloat16 to float32, every integer type to int64.
 */
export const DTYPES = ["float32", "float64", "int64", "bool"] as const;

export type DType = (typeof DTYPES)[number];

export type Shape = readonly number[];

/**
 * A dense row-major array. int64 elements are held as float64 numbers (exact up to 2^53, which
 * covers every index and label); bool elements as 0 or 1 in bytes.
 */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TensorData;
}

export type TensorData = Float32Array | Float64Array | Uint8Array;

/** Number of elements of a shape: 1 for a scalar, 0 when any axis is empty. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function isFloat(dtype: DType): dtype is FloatType {
  return dtype === "float32" || dtype === "float64";
}

/** An uninitialised (zero) array fit to hold `size` elements of `dtype`. */
export function allocate(dtype: DType, size: number): TensorData {
  switch (dtype) {
    case "float32":
      return new Float32Array(size);
    case "bool":
      return new Uint8Array(size);
    case "float64":
    case "int64":
      return new Float64Array(size);
  }
}

/**
 * Wraps data as a tensor, checking that its length fits the shape, and its array the type.
 *
 * @throws internal error `bad-tensor`
 *
 * @example
 * tensor("float64", [2, 2], Float64Array.of(1, 2, 3, 4)).shape; // [2, 2]
 */
export function tensor(dtype: DType, shape: Shape, data: TensorData): Tensor {
  requireTensor({ dtype, shape, data });
  return { dtype, shape, data };
}

/**
 * Stops at a tensor whose parts do not belong together.
 *
 * @throws internal error `bad-tensor`
 */
export function requireTensor(tensor: Tensor): void {
  const whole: unknown = tensor;
  if (typeof whole !== "object" || whole === null)
    throw badTensor(`A tensor is an object, and ${shownValue(whole)} was given`);
  const { dtype, shape, data } = tensor;
  requireTensorType(dtype, shape);
  const size = sizeOf(shape);
  const { name } = allocate(dtype, 0).constructor;
  const given: unknown = data;
  if (!ArrayBuffer.isView(given) || given.constructor.name !== name)
    throw badTensor(`A tensor of ${dtype} is a ${name}, but ${shownValue(given)} was given`);
  if (data.length !== size)
    throw badTensor(`A tensor of shape [${shape.join(", ")}] needs ${size} elements, but ${data.length} were given`);
}

/**
 * Stops at what is no type of a tensor.
 *
 * @throws internal error `bad-tensor`
 */
export function requireTensorType(dtype: DType, shape: Shape): void {
  if (!DTYPES.includes(dtype)) throw badTensor(`There is no element type ${shownValue(dtype)}`);
  const given: unknown = shape;
  if (!Array.isArray(given)) throw badTensor("The shape of a tensor is a list of whole numbers");
  const bad = shape.find((extent) => !(Number.isInteger(extent) && extent >= 0));
  if (bad !== undefined) throw badTensor(`An axis of a tensor cannot have the extent ${shownValue(bad)}`);
}

function badTensor(fault: string): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "bad-tensor",
    message: `${fault}.`,
    hint: "A tensor has an element type, a shape of whole numbers, and as many elements as that says.",
  });
}

/** The numbers in an array of the given float type: the array itself when it already is one. */
export function inPrecision(data: TensorData, precision: FloatType): Float32Array | Float64Array {
  if (precision === "float32") return data instanceof Float32Array ? data : new Float32Array(data);
  return data instanceof Float64Array ? data : new Float64Array(data);
}
