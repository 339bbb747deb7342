import { timesTransposed } from "../linalg/dense.ts";
import { sizeOf } from "../util/tensor.ts";
import type { Symmetry, UnitDimension } from "./symmetry.ts";
import { elementsOf } from "./tensor-elements.ts";
import { applyToTensor, type GroupElement } from "./unit-map.ts";

/** What two networks hold in one place: weights, or what units give on examples. */
export interface Evidence {
  readonly dimensions: readonly UnitDimension[];
  readonly mine: Float64Array;
  readonly theirs: Float64Array;
}

/** What two flat vectors hold in every tensor that has units. */
export function evidenceOf({ tensors }: Symmetry, mine: Float64Array, theirs: Float64Array): Evidence[] {
  return tensors
    .filter(({ dimensions }) => dimensions.some(({ units }) => units !== undefined))
    .map((tensor) => ({
      dimensions: tensor.dimensions,
      mine: elementsOf(tensor, mine),
      theirs: elementsOf(tensor, theirs),
    }));
}

/** Numbers that are kept at most, 256 MB. */
const MOST_KEPT = 2 ** 25;

/** The products of one tensor along one of its dimensions, and what they were made of. */
interface Products {
  readonly mine: Float64Array;
  readonly moved: Float64Array;
  readonly sum: Float64Array;
}

/**
 * S with ⟨M, S⟩ the part of the agreement that the map M of a class without places decides, while the others stay. Where the
 * maps of others have changed in few units since S was asked for last, the products of those alone are taken anew.
 *
 * Cost: 2 n² flops for each place of a tensor, beside its units, that holds something else than before.
 */
export class UnitSums {
  private readonly symmetry: Symmetry;
  private readonly evidence: readonly Evidence[];
  private readonly kept = new Map<Evidence, Map<number, Products>>();
  private room = MOST_KEPT;

  constructor(symmetry: Symmetry, evidence: readonly Evidence[]) {
    this.symmetry = symmetry;
    this.evidence = evidence;
  }

  of(element: GroupElement, units: number): Float64Array {
    const sum = new Float64Array(this.symmetry.classes[units].extent ** 2);
    for (const each of this.evidence)
      each.dimensions.forEach((dimension, at) => {
        if (dimension.units === units) add(sum, this.products(element, each, at));
      });
    return sum;
  }

  /** Whether no tensor has a class twice: the agreement is then linear in its map. */
  standsOnce(units: number): boolean {
    return this.evidence.every(({ dimensions }) => dimensions.filter((each) => each.units === units).length <= 1);
  }

  private products(element: GroupElement, evidence: Evidence, at: number): Float64Array {
    const { dimensions, theirs } = evidence;
    const there = applyToTensor(this.symmetry, element, theirs, dimensions, (other) => other === at);
    const moved = unfolded(there, dimensions, [at]);
    const width = moved.length / dimensions[at].extent;
    const before = this.kept.get(evidence)?.get(at);
    const changed = before && changedColumns(before.moved, moved, width);
    if (before && changed && 2 * changed.length < width) {
      const mine = columnsOf(before.mine, changed, width);
      const [now, then] = [moved, before.moved].map((each) => columnsOf(each, changed, width));
      if (changed.length > 0)
        add(
          before.sum,
          timesTransposed(
            mine,
            now.map((x, i) => x - then[i]),
            changed.length,
          ),
        );
      before.moved.set(moved);
      return before.sum;
    }
    const mine = before?.mine ?? unfolded(evidence.mine, dimensions, [at]);
    const sum = timesTransposed(mine, moved, width);
    const size = mine.length + moved.length + sum.length;
    if (before || size <= this.room) {
      if (!before) this.room -= size;
      const ofOne = this.kept.get(evidence) ?? new Map<number, Products>();
      // What is not changed by any map may be the evidence itself.
      ofOne.set(at, { mine, moved: moved.slice(), sum });
      this.kept.set(evidence, ofOne);
    }
    return sum;
  }
}

function changedColumns(before: Float64Array, now: Float64Array, width: number): Uint32Array {
  const isChanged = new Uint8Array(width);
  for (let base = 0; base < now.length; base += width)
    for (let j = 0; j < width; j++) if (before[base + j] !== now[base + j]) isChanged[j] = 1;
  return Uint32Array.from(isChanged.keys()).filter((j) => isChanged[j] === 1);
}

function columnsOf(matrix: Float64Array, columns: Uint32Array, width: number): Float64Array {
  const chosen = new Float64Array((matrix.length / width) * columns.length);
  let at = 0;
  for (let base = 0; base < matrix.length; base += width) for (const j of columns) chosen[at++] = matrix[base + j];
  return chosen;
}

/** S[i, j] = Σ mine at unit i · theirs at unit j, over all other dimensions; several dimensions count as one. */
export function unitProducts(
  mine: Float64Array,
  theirs: Float64Array,
  dimensions: readonly UnitDimension[],
  at: readonly number[],
): Float64Array {
  const rows = sizeOf(at.map((each) => dimensions[each].extent));
  const inner = mine.length / rows;
  return timesTransposed(unfolded(mine, dimensions, at), unfolded(theirs, dimensions, at), inner);
}

/** The tensor as a matrix whose rows are the places of some dimensions. */
function unfolded(data: Float64Array, dimensions: readonly UnitDimension[], at: readonly number[]): Float64Array {
  const extents = dimensions.map(({ extent }) => extent);
  const order = [...at, ...extents.keys()].filter((each, i, all) => all.indexOf(each) === i);
  if (order.every((each, i) => each === i)) return data;
  const strides = extents.map((_, each) => sizeOf(extents.slice(each + 1)));
  const rows = new Float64Array(data.length);
  const index = order.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    rows[to] = data[from];
    for (let k = order.length - 1; k >= 0; k--) {
      const each = order[k];
      from += strides[each];
      if (++index[k] < extents[each]) break;
      from -= strides[each] * extents[each];
      index[k] = 0;
    }
  }
  return rows;
}

export function add(sum: Float64Array, part: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += part[i];
}
