import { z } from "zod";
import { requireArgument } from "../util/require-argument.ts";
import { requireNumbers } from "../util/require-numbers.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";

const extents = z.array(z.int().min(0));
const namedShapes = z.array(z.object({ name: z.string(), label: z.string().optional(), shape: extents }));
const tensorLike = z.looseObject({
  shape: extents,
  data: z.custom(ArrayBuffer.isView, { error: "it must be a typed array" }),
});

/** One tensor of parameters and its place in the flat vector. */
export interface ParameterTensor {
  /** In the ONNX file. */
  readonly name: string;
  /** As it is shown: differs from `name` where an exporter made that up. */
  readonly label: string;
  readonly shape: Shape;
  readonly size: number;
  readonly offset: number;
}

/** A part of a flat vector, as the tensor that it is. */
export interface NamedTensor {
  readonly dtype: "float64";
  readonly shape: Shape;
  readonly data: Float64Array;
}

/**
 * The space that gradients and eigenvectors live in: named tensors laid one after the other in the
 * order of the model.
 *
 * @example
 * const space = new ParameterSpace([{ name: "w", shape: [2, 3] }, { name: "b", shape: [3] }]);
 * space.dimension; // 9
 */
export class ParameterSpace {
  readonly tensors: readonly ParameterTensor[];
  readonly dimension: number;

  /** @throws usage error `bad-argument` */
  constructor(parameters: readonly { readonly name: string; readonly label?: string; readonly shape: Shape }[]) {
    requireArgument("parameters", "ParameterSpace", namedShapes, parameters);
    let offset = 0;
    this.tensors = parameters.map(({ name, label = name, shape }) => {
      const place = { name, label, shape, size: sizeOf(shape), offset };
      offset += place.size;
      return place;
    });
    this.dimension = offset;
  }

  /**
   * The flat vector of tensors given by name; every tensor must be there with its shape, but for axes of one element.
   *
   * @throws usage error `bad-argument`; input error `parameter-mismatch`
   */
  flatten(tensors: ReadonlyMap<string, Tensor>): Float64Array {
    requireArgument("tensors", "flatten", z.map(z.string(), tensorLike), tensors);
    const flat = new Float64Array(this.dimension);
    for (const { name, shape, size, offset } of this.tensors) {
      const found = tensors.get(name);
      if (!found || !isSameShape(found.shape, shape) || found.data.length !== size) {
        const have = found ? `has the shape [${found.shape.join(", ")}]` : "is missing";
        throw new ThalwegError({
          kind: "input",
          code: "parameter-mismatch",
          message: `The vector's array "${name}" ${have}; the parameter has the shape [${shape.join(", ")}].`,
          where: { parameter: name },
          hint: "Give one array per parameter, under its ONNX name; `thalweg inspect MODEL` lists them.",
        });
      }
      flat.set(found.data, offset);
    }
    return flat;
  }

  /**
   * The tensors that a flat vector holds, by name, without a copy: who writes into them writes into the vector.
   *
   * @example
   * space.named(gradient).get("fc1.bias"); // { dtype: "float64", shape: [32], data: Float64Array(32) }
   * @throws usage error `dimension-mismatch`
   */
  named(flat: Float64Array): ReadonlyMap<string, NamedTensor> {
    this.requireVector(flat);
    return new Map(
      this.tensors.map(({ name, shape, size, offset }) => [
        name,
        { dtype: "float64", shape, data: flat.subarray(offset, offset + size) },
      ]),
    );
  }

  /** The tensors of a flat vector, by name (copies). */
  unflatten(flat: Float64Array, dtype: FloatType): Map<string, Tensor> {
    this.requireVector(flat);
    return new Map(
      this.tensors.map(({ name, shape, size, offset }) => {
        const part = flat.subarray(offset, offset + size);
        return [name, { dtype, shape, data: dtype === "float32" ? new Float32Array(part) : part.slice() }];
      }),
    );
  }

  /**
   * Stops at a vector of another space.
   *
   * @throws usage error `dimension-mismatch`
   */
  requireVector(vector: Float64Array): void {
    requireNumbers(vector, this.dimension, "one for each parameter, in the order of `problem.space`");
  }
}

/** Axes of one element may be left out, or stand where they like. */
function isSameShape(a: Shape, b: Shape): boolean {
  const withoutOnes = (shape: Shape) => shape.filter((extent) => extent !== 1).join();
  return withoutOnes(a) === withoutOnes(b);
}
