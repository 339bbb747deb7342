import type { Tensor } from "../util/tensor.ts";
import { tensorOf } from "./leaf.ts";
import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/**
 * Whether two lists of values, of one graph or of two, are computed from inputs of the same names in the same way: then
 * whatever is derived from the one is derived from the other, bit for bit.
 *
 * @example
 * isSameGraph([a.input("x", "float32", [2])], [b.input("x", "float32", [2])]); // true
 */
export function isSameGraph(first: readonly Value[], second: readonly Value[]): boolean {
  const [ours, theirs] = [reachable(first), reachable(second)];
  if (ours.length !== theirs.length || first.length !== second.length) return false;
  const partners = new Map(ours.map((value, i) => [value, theirs[i]]));
  const meet = (a: readonly Value[], b: readonly Value[]) =>
    a.length === b.length && a.every((value, i) => partners.get(value) === b[i]);
  return (
    meet(first, second) &&
    ours.every((value, i) => isSameNode(value, theirs[i]) && meet(value.inputs, theirs[i].inputs))
  );
}

function isSameNode(a: Value, b: Value): boolean {
  if (a.operation.name !== b.operation.name || a.dtype !== b.dtype || !isEqual(a.shape, b.shape)) return false;
  const [ours, theirs] = [tensorOf(a), tensorOf(b)];
  // A graph tells its large constants apart by their identity, which says nothing in another.
  if (ours || theirs) return ours !== undefined && theirs !== undefined && isSameTensor(ours, theirs);
  return JSON.stringify(a.operation.attributes) === JSON.stringify(b.operation.attributes);
}

/** Whether two tensors hold the same numbers, NaN and the sign of zero included. */
export function isSameTensor(a: Tensor, b: Tensor): boolean {
  return a.dtype === b.dtype && isEqual(a.shape, b.shape) && (a.data === b.data || isEqual(a.data, b.data));
}

function isEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
