import { allocate, sizeOf, tensor, type DType, type Shape, type Tensor } from "../util/tensor.ts";

/** How a copy comes from its owner: the axes of the owner without those of extent 1, in the copy's order. */
export interface Move {
  readonly squeezed: Shape;
  readonly permutation: readonly number[];
}

/** Two tensors of a file that are one parameter of the network. */
export interface Tie {
  /** The tensor that stays. */
  readonly owner: string;
  readonly copy: string;
  /** What the copy is times the owner; 1 where they are equal. */
  readonly scale: number;
}

/** A tie with what makes the copy. */
export interface MadeTie extends Tie {
  readonly move: Move;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A tensor with the name that it has in the file. */
export interface Named {
  readonly name: string;
  readonly tensor: Tensor;
}

/** Rounding of a product in float32, and of a ratio found from norms. */
const RATIO_TOLERANCE = 4 * 2 ** -23;

/** The move that makes the copy of the owner, where there is one; `scale` is divided out, to rounding. */
export function moveBetween(owner: Tensor, copy: Tensor, scale = 1, tolerance = RATIO_TOLERANCE): Move | undefined {
  const isSame = (element: number, made: number) => isScaled(element, made, scale, tolerance);
  const squeezed = owner.shape.filter((extent) => extent !== 1);
  const target = copy.shape.filter((extent) => extent !== 1);
  if (owner.data.every((element, i) => isSame(element, copy.data[i])))
    return { squeezed, permutation: squeezed.map((_, axis) => axis) };
  if (squeezed.length !== target.length || squeezed.length > 4) return undefined;
  const permutation = permutations(squeezed.length).find(
    (order) =>
      order.every((axis, i) => squeezed[axis] === target[i]) && isPermuted(owner, squeezed, copy, order, isSame),
  );
  return permutation && { squeezed, permutation };
}

/** Whether two numbers are equal, or in the ratio `scale` up to rounding. */
function isScaled(element: number, copy: number, scale: number, tolerance: number): boolean {
  if (scale === 1) return element === copy;
  return Math.abs(copy - scale * element) <= tolerance * Math.abs(copy);
}

function isPermuted(
  owner: Tensor,
  shape: Shape,
  copy: Tensor,
  order: readonly number[],
  isSame: (element: number, made: number) => boolean,
): boolean {
  let i = 0;
  for (const at of placesOf(shape, order)) if (!isSame(owner.data[at], copy.data[i++])) return false;
  return true;
}

/** Where the elements of a transposed tensor lie in the one of this shape that it is made of. */
function* placesOf(shape: Shape, order: readonly number[]): Generator<number> {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const target = order.map((axis) => shape[axis]);
  const index = target.map(() => 0);
  for (let count = sizeOf(shape); count > 0; count--) {
    yield index.reduce((sum, each, i) => sum + each * strides[order[i]], 0);
    for (let i = index.length - 1; i >= 0; i--) {
      if (++index[i] < target[i]) break;
      index[i] = 0;
    }
  }
}

/** The copy that is made of an owner with these numbers. */
export function copyOf({ data }: Tensor, { move, scale, shape, dtype }: MadeTie): Tensor {
  const made = allocate(dtype, data.length);
  let i = 0;
  for (const at of placesOf(move.squeezed, move.permutation)) made[i++] = scale * data[at];
  return tensor(dtype, shape, made);
}

function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, at) => [...rest.slice(0, at), count - 1, ...rest.slice(at)]),
  );
}

/** Shape and type of a copy. */
export function typeOf({ tensor: { shape, dtype } }: Named): Pick<MadeTie, "shape" | "dtype"> {
  return { shape, dtype };
}
