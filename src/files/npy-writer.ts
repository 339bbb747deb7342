import type { DType, Tensor } from "../util/tensor.ts";
import { concatBytes } from "./byte-source.ts";
import { encodeElements } from "./element-type.ts";
import { NPY_MAGIC } from "./npy.ts";

const DESCR: { readonly [T in DType]: string } = {
  float32: "<f4",
  float64: "<f8",
  int64: "<i8",
  bool: "|b1",
};

/** The header length is a multiple of this, so that the data can be mapped into memory. */
const ALIGNMENT = 64;

/** The pieces of a .npy file (format 1.0): header, then data, which is not copied where possible. */
export function npyChunks(tensor: Tensor): [header: Uint8Array, data: Uint8Array] {
  const { dtype, shape, data } = tensor;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${DESCR[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + dict.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  const header = new Uint8Array(10 + length).fill(0x20);
  header.set(NPY_MAGIC);
  header.set([1, 0, length & 255, length >> 8], 6);
  header.set(new TextEncoder().encode(dict), 10);
  header[header.length - 1] = 0x0a;
  return [header, encodeElements(dtype, data)];
}

/**
 * A .npy file: float32, float64, int64 or bool, C order. The same tensor gives the same bytes.
 *
 * @example
 * encodeNpy(tensor("float32", [2], Float32Array.of(1, 2))); // numpy.load reads array([1., 2.], dtype=float32)
 */
export function encodeNpy(tensor: Tensor): Uint8Array {
  return concatBytes(npyChunks(tensor));
}
