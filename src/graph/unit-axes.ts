import { commonFreedom, type Freedom, isScaling } from "./unit-freedom.ts";
import {
  axisOf,
  bordersOf,
  extentOf,
  leavesOf,
  newSlot,
  resolvedAxis,
  restrict,
  segmentedAt,
  splitFactor,
  stretchesOf,
  uniformAxis,
  type UnitAxis,
  type UnitFactor,
} from "./unit-slot.ts";

export type { UnitAxis } from "./unit-slot.ts";

/** A product one of whose factors is made of parameters alone, and how it is to be read. */
export interface Gain {
  /** Which of the two inputs is the gain. */
  readonly operand: 0 | 1;
  /** As the beginning of units of its own, each with a scale; or as a product with ones. */
  readonly reading: "cut" | "ones";
}

/**
 * Where operations say how the units along their axes belong together: by union of classes (Tarjan 1975), with parity
 * (a contraction sends one side through the transposed inverse of the other) and with refinement (a reshape splits a
 * class into factors). Freedom only shrinks, so that the order of the nodes does not matter.
 */
export class UnitDesk {
  private readonly gainOf: (node: object) => Gain | undefined;
  /** What the gains that are read as cuts multiply. */
  private readonly multiplied: UnitAxis[] = [];

  /** @param gainOf which products are gains, and how they are read; undefined for one of units like any other */
  constructor(gainOf: (node: object) => Gain | undefined = () => undefined) {
    this.gainOf = gainOf;
  }

  /** Units of their own, free for any map. */
  fresh(extent: number): UnitAxis {
    return axisOf(newSlot(extent, "general"));
  }

  /** Places that nothing may move. */
  fixed(extent: number): UnitAxis {
    return axisOf(newSlot(extent, "fixed"));
  }

  /** Places that all hold the same. */
  uniform(extent: number): UnitAxis {
    return uniformAxis(extent);
  }

  /** The factors of an axis as they are by now. */
  resolve(axis: UnitAxis): UnitFactor[] {
    return resolvedAxis(axis);
  }

  /** Whether all places hold the same. */
  isUniform(axis: UnitAxis): boolean {
    return axis.every(({ slot }) => slot === undefined);
  }

  /** Lets no more than a group of maps through; what held squares holds units that may be exchanged. */
  allow(axis: UnitAxis, freedom: Freedom): UnitAxis {
    restrict(axis, freedom);
    for (const { slot, squares } of leavesOf(axis))
      if (slot && squares) slot.freedom = commonFreedom(slot.freedom, "permutation");
    return this.resolve(axis).map((factor) => (factor.slot ? { ...factor, squares: false } : factor));
  }

  /** Says that places along an axis meet each other. */
  mix(axis: UnitAxis): void {
    for (const { slot } of leavesOf(axis)) if (slot) slot.mixes = true;
  }

  /** Two axes hold the same units, as in a sum. */
  join(a: UnitAxis, b: UnitAxis): UnitAxis {
    return this.meet(a, b, false);
  }

  /** Two axes are summed over together, as in a product of matrices: ⟨Mx, M⁻ᵀy⟩ = ⟨x, y⟩. */
  contract(a: UnitAxis, b: UnitAxis): void {
    this.meet(a, b, true);
  }

  /** Sums over an axis: of squares under rotations, of units under maps that leave the mean as it is. */
  sum(axis: UnitAxis): void {
    for (const { slot, squares } of leavesOf(axis))
      if (slot) slot.freedom = commonFreedom(slot.freedom, squares ? "orthogonal" : "centred");
  }

  /** The squares of what an axis holds. */
  squared(axis: UnitAxis): UnitAxis {
    return this.allow(axis, "general").map((factor) => ({ ...factor, squares: true }));
  }

  /** What a product of two that both vary along an axis holds there. */
  product(node: object, factors: readonly [UnitAxis, UnitAxis]): UnitAxis {
    const gain = this.gainOf(node);
    if (gain?.reading === "ones") {
      this.allow(factors[gain.operand], "fixed");
      return factors[gain.operand === 0 ? 1 : 0];
    }
    if (gain?.reading === "cut") {
      this.multiplied.push(factors[gain.operand === 0 ? 1 : 0]);
      return this.allow(factors[gain.operand], "scaling");
    }
    return this.allow(this.join(...factors), "permutation");
  }

  /** Behind all nodes: what a gain multiplies has no scale of its own, which the product would have, too. */
  settle(): void {
    for (const { slot } of this.multiplied.flatMap(leavesOf))
      if (slot && isScaling(slot.freedom)) slot.freedom = "fixed";
  }

  /** The axes of the same elements in row-major order under another shape. */
  regroup(axes: readonly UnitAxis[], shape: readonly number[]): UnitAxis[] {
    const left = axes.flatMap((axis) => this.resolve(axis));
    let isLost = false;
    return shape.map((extent): UnitAxis => {
      const taken: UnitFactor[] = [];
      for (let need = extent; need > 1 && !isLost;) {
        const head = left.shift();
        const [next, ...rest] = head ? this.resolve([head]) : [];
        left.unshift(...rest);
        if (!head) throw new RangeError("regroup was given fewer elements than the shape has");
        if (need % next.extent === 0) {
          taken.push(next);
          need /= next.extent;
          continue;
        }
        const parts = next.extent % need === 0 ? splitFactor(next, need) : undefined;
        if (parts) {
          const [outer, inner] = parts;
          taken.push(outer);
          left.unshift(inner);
          need = 1;
        } else {
          this.allow([next, ...left, ...taken], "fixed");
          isLost = true;
        }
      }
      return isLost ? this.fixed(extent) : taken;
    });
  }

  /** One axis behind another, each with units of its own. */
  behindEachOther(given: readonly UnitAxis[]): UnitAxis {
    const axes = given.filter((axis) => extentOf(axis) > 0);
    const extent = axes.reduce((sum, axis) => sum + extentOf(axis), 0);
    // What squares are known to be is forgotten here.
    const stretches = axes.map((axis) => this.allow(axis, "general"));
    return axes.some(moves) ? inStretches(stretches) : this.fixed(extent);
  }

  /** So many places of an axis from one on; undefined where those do not lie side by side in it. */
  stretch(axis: UnitAxis, start: number, extent: number): UnitAxis | undefined {
    if (!moves(axis)) return this.isUniform(axis) ? this.uniform(extent) : this.fixed(extent);
    const end = start + extent;
    let at = 0;
    const within = segmentedAt(axis, [start, end])?.filter((segment) => {
      const from = at;
      at += extentOf(segment);
      return from >= start && at <= end;
    });
    if (!within) return undefined;
    return within.length === 1 ? within[0] : this.behindEachOther(within);
  }

  private meet(a: UnitAxis, b: UnitAxis, dual: boolean): UnitAxis {
    const left = [...this.allow(a, "general")];
    const right = [...this.allow(b, "general")];
    const met: UnitFactor[] = [];
    for (let [x, y] = [left.shift(), right.shift()]; x && y; [x, y] = [left.shift(), right.shift()]) {
      const [wide, within, narrow, others] = x.extent < y.extent ? [y, right, x, left] : [x, left, y, right];
      const parts =
        wide.extent > narrow.extent && wide.extent % narrow.extent === 0 ? splitFactor(wide, narrow.extent) : undefined;
      if (parts) {
        within.unshift(...parts);
        others.unshift(narrow);
      } else if (stretchesOf(wide) ?? stretchesOf(narrow)) {
        const taken = [narrow];
        for (let next = others[0]; next && extentOf(taken) * next.extent <= wide.extent; next = others[0]) {
          taken.push(next);
          others.shift();
        }
        const stretches = this.meetInSegments([wide], taken, dual);
        if (!stretches) return this.lost(met, [wide, ...within], [...taken, ...others]);
        for (const each of inStretches(stretches)) met.push(each);
      } else if (wide.extent === narrow.extent) {
        met.push(this.unite(x, y, dual));
      } else return this.lost(met, [wide, ...within], [narrow, ...others]);
      // A union may have split a class that stands further on.
      left.splice(0, left.length, ...this.resolve(left));
      right.splice(0, right.length, ...this.resolve(right));
    }
    return met;
  }

  /** Units that belong to no others in one way: none of them is moved. */
  private lost(met: UnitAxis, rest: UnitAxis, other: UnitAxis): UnitAxis {
    for (const axis of [rest, other]) this.allow(axis, "fixed");
    return [...met, ...this.fixed(extentOf(rest))];
  }

  /** Two axes stretch by stretch; undefined where they do not fall into the same ones. */
  private meetInSegments(a: UnitAxis, b: UnitAxis, dual: boolean): UnitAxis[] | undefined {
    if (extentOf(a) !== extentOf(b)) return undefined;
    // A class may stand in both, so that what falls apart in one does in the other.
    for (let count = -1, places = [...bordersOf(a), ...bordersOf(b)]; places.length !== count;) {
      count = places.length;
      if (!segmentedAt(a, places) || !segmentedAt(b, places)) return undefined;
      places = [...new Set([...bordersOf(a), ...bordersOf(b)])];
    }
    const there = segmentedAt(b, bordersOf(a));
    return segmentedAt(a, bordersOf(b))?.map((segment, i) => this.meet(segment, there?.[i] ?? [], dual));
  }

  private unite(x: UnitFactor, y: UnitFactor, dual: boolean): UnitFactor {
    if (!x.slot || !y.slot) {
      const one = x.slot ? x : y;
      // What meets equal numbers is summed up, or has them added.
      if (one.slot) one.slot.freedom = commonFreedom(one.slot.freedom, "centred");
      return one;
    }
    const parity = (x.dual !== y.dual) !== dual;
    if (x.slot === y.slot) {
      // M = M⁻ᵀ: a rotation.
      if (parity) x.slot.freedom = commonFreedom(x.slot.freedom, "orthogonal");
      return x;
    }
    x.slot.freedom = commonFreedom(x.slot.freedom, y.slot.freedom);
    x.slot.mixes ||= y.slot.mixes;
    y.slot.parent = { slot: x.slot, dual: parity };
    return x;
  }
}

function inStretches(stretches: readonly UnitAxis[]): UnitAxis {
  const extent = stretches.reduce((sum, axis) => sum + extentOf(axis), 0);
  return axisOf({ ...newSlot(extent, "general"), stretches });
}

function moves(axis: UnitAxis): boolean {
  return leavesOf(axis).some(({ slot }) => slot !== undefined && slot.freedom !== "fixed");
}
