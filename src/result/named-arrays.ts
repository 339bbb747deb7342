import { z } from "zod";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Tensor } from "../util/tensor.ts";
import { count } from "./real.ts";

/** Stands in the JSON for an array of `arrays.npz`. */
export const arrayReference = z
  .object({
    array: z.string().describe("The array's name in arrays.npz."),
    dtype: z.enum(["float32", "float64", "int64", "bool"]),
    shape: z.array(count),
  })
  .describe("An array that is kept in arrays.npz beside the result.");

export type ArrayReference = z.output<typeof arrayReference>;

/**
 * The big arrays of one result, in the order in which they were kept.
 *
 * @example
 * const arrays = new NamedArrays();
 * const spectrum = arrays.keep("hessian.eigenvalues", tensor("float64", [3], values));
 * spectrum; // { array: "hessian.eigenvalues", dtype: "float64", shape: [3] }
 */
export class NamedArrays {
  private readonly tensors = new Map<string, Tensor>();

  /** @throws internal error `array-name` when the name is taken */
  keep(name: string, tensor: Tensor): ArrayReference {
    if (this.tensors.has(name)) {
      throw new ThalwegError({
        kind: "internal",
        code: "array-name",
        message: `Two arrays of one result are called "${name}".`,
      });
    }
    this.tensors.set(name, tensor);
    return { array: name, dtype: tensor.dtype, shape: [...tensor.shape] };
  }

  entries(): ReadonlyMap<string, Tensor> {
    return this.tensors;
  }
}
