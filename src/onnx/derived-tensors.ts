import { isFloat, sizeOf, type Tensor } from "../util/tensor.ts";
import { listOf } from "./intake-error.ts";
import type { Notice, StoredTensor } from "./onnx-node.ts";
import type { IsGenerated } from "./generated-names.ts";

/** Rounding of a sum of squares in float32. */
const TOLERANCE = 2e-6;

/**
 * Tensors of an exporter's own that are the norms of another's rows or columns: with constants folded,
 * ‖w‖ of a weight that the network divides by its length is stored beside it. By name, with the tensor that each is
 * computed from.
 *
 * Cost: one row of every tensor that has as many rows, for every candidate.
 */
export function foldedNorms(
  tensors: ReadonlyMap<string, StoredTensor>,
  isGenerated: IsGenerated,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const all = [...tensors.values()].flatMap(({ name, tensor }) =>
    tensor && isFloat(tensor.dtype) ? [{ name, tensor }] : [],
  );
  for (const { name, tensor } of all) {
    if (!isGenerated(name) || tensor.data.length < 2) continue;
    const source = all.find((other) => other.name !== name && isNormOf(tensor, other.tensor));
    if (source) found.set(name, source.name);
  }
  return found;
}

/** Whether the first holds √Σx² of each row of the second along one of its axes. */
function isNormOf(norms: Tensor, of: Tensor): boolean {
  const count = norms.data.length;
  if (of.data.length <= count || norms.data.some((norm) => norm <= 0)) return false;
  return of.shape.some((extent, axis) => {
    if (extent !== count) return false;
    const stride = sizeOf(of.shape.slice(axis + 1));
    const isLength = (square: number, i: number) =>
      Math.abs(Math.sqrt(square) - norms.data[i]) <= TOLERANCE * norms.data[i];
    let first = 0;
    for (let block = 0; block < of.data.length; block += count * stride)
      for (let at = block; at < block + stride; at++) first += of.data[at] ** 2;
    if (!isLength(first, 0)) return false;
    const squares = new Float64Array(count);
    of.data.forEach((element, i) => (squares[Math.floor(i / stride) % count] += element * element));
    return squares.every(isLength);
  });
}

/** What is left out of the derivatives where a folded norm is held constant. */
export function foldedNormNotices(norms: ReadonlyMap<string, string>, hint: string): Notice[] {
  if (norms.size === 0) return [];
  const sources = [...new Set(norms.values())];
  return [
    {
      code: "folded-norms",
      message: `The exporter computed ${listOf([...norms.keys()], 4)} from ${listOf(sources, 4)}, whose rows have these lengths, and the file holds numbers: they are held constant, and derivatives with respect to ${listOf(sources, 4)} leave out that the lengths change.`,
      hint,
    },
  ];
}
