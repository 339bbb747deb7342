import { fedName } from "../problem/file-names.ts";
import { allocate, type FloatType, type Shape, sizeOf, type Tensor } from "../util/tensor.ts";

/** A tensor of a pack, and where it begins. */
export interface PackMember {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
}

/** Tensors that lie one after the other as one vector, which an update of single coordinates goes through in pieces. */
export interface Pack {
  readonly name: string;
  readonly members: readonly PackMember[];
  /** Pieces × coordinates of a piece; behind the last tensor there may be zeros. */
  readonly shape: readonly [number, number];
}

/** Something that is fed for a whole pack: its weights, or a state of the optimiser. */
export interface PackFeed {
  readonly name: string;
  readonly pack: Pack;
  /** What the part of a member is called by itself. */
  readonly partName: (member: string) => string;
}

/** What is fed for packs, where the optimiser keeps these states. */
export function packFeeds(packs: readonly Pack[], states: readonly string[]): PackFeed[] {
  return packs.flatMap((pack) => [
    { name: pack.name, pack, partName: fedName },
    ...states.map((state) => ({
      name: packStateName(pack.name, state),
      pack,
      partName: (member: string) => stateName(state, member),
    })),
  ]);
}

/** The name that a state of a parameter is fed and kept under. */
export function stateName(state: string, parameter: string): string {
  return `thalweg:state:${state}:${parameter}`;
}

/** The name that a state of the tensors of a pack is fed and kept under. */
export function packStateName(pack: string, state: string): string {
  return `${pack}:${state}`;
}

/** Tensors of at most so many coordinates are updated together. */
const SMALL = 2 ** 15;
/** Coordinates of a piece at most: a bound on memory. In pieces that fit the cache (2¹⁵, 2¹⁷) one thread works alone, which takes a tenth longer. */
const PIECE = 2 ** 24;
/** How many times more pieces than needed a tensor may be cut into, so that they are equal. */
const FINER = 4;

/**
 * A large tensor by itself, cut into equal pieces where it can be, and all others in one pack: a node of the
 * engine costs as much as some thousand coordinates, and networks have many tensors smaller than that.
 *
 * @param most coordinates of a piece
 */
export function packsOf(tensors: readonly { readonly name: string; readonly shape: Shape }[], most = PIECE): Pack[] {
  const lone = tensors.filter(({ shape }) => sizeOf(shape) > SMALL);
  const joined = tensors.filter(({ shape }) => sizeOf(shape) <= SMALL);
  const packs = lone.map(({ name, shape }, i): Pack => {
    const size = sizeOf(shape);
    const pieces = equalPieces(size, most);
    return { name: `thalweg:pack:${i + 1}`, members: [{ name, shape, offset: 0 }], shape: [pieces, size / pieces] };
  });
  if (joined.length === 0) return packs;
  let length = 0;
  const members = joined.map(({ name, shape }) => {
    const offset = length;
    length += sizeOf(shape);
    return { name, shape, offset };
  });
  const pieces = Math.max(1, Math.ceil(length / most));
  return [...packs, { name: "thalweg:pack:0", members, shape: [pieces, Math.ceil(length / pieces)] }];
}

/** The fewest equal pieces that are small enough; one where a tensor cannot be cut so. */
function equalPieces(size: number, most: number): number {
  const fewest = Math.ceil(size / most);
  for (let pieces = fewest; pieces <= FINER * fewest; pieces++) if (size % pieces === 0) return pieces;
  return 1;
}

/**
 * The tensors of a pack as one.
 *
 * @param of by the name of a member
 */
export function packed({ members, shape }: Pack, precision: FloatType, of: (name: string) => Tensor): Tensor {
  const data = allocate(precision, sizeOf(shape));
  for (const { name, offset } of members) data.set(of(name).data, offset);
  return { dtype: precision, shape, data };
}

/** The tensors of a pack by their names, each a part of the whole. */
export function unpacked({ members }: Pack, { dtype, data }: Tensor): [string, Tensor][] {
  return members.map(({ name, shape, offset }) => [
    name,
    { dtype, shape, data: data.subarray(offset, offset + sizeOf(shape)) },
  ]);
}
