import { commonFreedom, type Freedom, isScaling } from "./unit-freedom.ts";

/**
 * Units that go together: every axis, or factor of an axis, that holds them is sent through the same map. A class is
 * known by its root; where axes of one class meet, one root becomes the child of the other.
 */
export interface UnitSlot {
  readonly extent: number;
  freedom: Freedom;
  /** Whether some operation lets the places along the axis meet each other, so that no map may differ from place to place. */
  mixes: boolean;
  /** The class that it was joined to, and whether through the transposed inverse. */
  parent: { readonly slot: UnitSlot; readonly dual: boolean } | undefined;
  /** Two factors that it fell into, the outer one first. */
  parts: readonly [UnitSlot, UnitSlot] | undefined;
}

/** A factor of an axis: an axis of extent 6 may count 2 heads of 3 units. */
export interface UnitFactor {
  readonly extent: number;
  /** Undefined where every place along it holds the same number. */
  readonly slot: UnitSlot | undefined;
  /** Whether its units are sent through the transposed inverse of the map of its class. */
  readonly dual: boolean;
  /** Whether it holds squares, whose sum is all that a rotation leaves as it is. */
  readonly squares: boolean;
}

/** The factors of one axis, the outermost first; an axis of extent 1 has none. */
export type UnitAxis = readonly UnitFactor[];

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
    return extent === 1 ? [] : [factorOf(newSlot(extent, "general"))];
  }

  /** Places that nothing may move. */
  fixed(extent: number): UnitAxis {
    return extent === 1 ? [] : [factorOf(newSlot(extent, "fixed"))];
  }

  /** Places that all hold the same. */
  uniform(extent: number): UnitAxis {
    return extent === 1 ? [] : [{ extent, slot: undefined, dual: false, squares: false }];
  }

  /** The factors of an axis as they are by now. */
  resolve(axis: UnitAxis): UnitFactor[] {
    return axis.flatMap((factor): UnitFactor[] => {
      if (!factor.slot) return [factor];
      const { slot, dual } = rootOf(factor.slot);
      const turned = dual !== factor.dual;
      if (!slot.parts) return [{ ...factor, slot, dual: turned }];
      return this.resolve(slot.parts.map((part) => ({ ...factorOf(part), dual: turned, squares: factor.squares })));
    });
  }

  /** Whether all places hold the same. */
  isUniform(axis: UnitAxis): boolean {
    return axis.every(({ slot }) => slot === undefined);
  }

  /** Lets no more than a group of maps through; what held squares holds units that may be exchanged. */
  allow(axis: UnitAxis, freedom: Freedom): UnitAxis {
    return this.resolve(axis).map((factor) => {
      if (!factor.slot) return factor;
      factor.slot.freedom = commonFreedom(factor.slot.freedom, freedom);
      if (factor.squares) factor.slot.freedom = commonFreedom(factor.slot.freedom, "permutation");
      return { ...factor, squares: false };
    });
  }

  /** Says that places along an axis meet each other. */
  mix(axis: UnitAxis): void {
    for (const { slot } of this.resolve(axis)) if (slot) slot.mixes = true;
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
    for (const { slot, squares } of this.resolve(axis))
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
    for (const { slot } of this.multiplied.flatMap((axis) => this.resolve(axis)))
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
        } else if (next.extent % need === 0) {
          const [outer, inner] = split(next, need);
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

  private meet(a: UnitAxis, b: UnitAxis, dual: boolean): UnitAxis {
    const left = [...this.allow(a, "general")];
    const right = [...this.allow(b, "general")];
    const met: UnitFactor[] = [];
    for (let [x, y] = [left.shift(), right.shift()]; x && y; [x, y] = [left.shift(), right.shift()]) {
      if (x.extent !== y.extent) {
        const [wide, lists, narrow] = x.extent > y.extent ? [x, left, y] : [y, right, x];
        if (wide.extent % narrow.extent !== 0) {
          for (const rest of [
            [x, ...left],
            [y, ...right],
          ])
            this.allow(rest, "fixed");
          const extent = [x, ...left].reduce((product, each) => product * each.extent, 1);
          return [...met, ...this.fixed(extent)];
        }
        const [outer, inner] = split(wide, narrow.extent);
        lists.unshift(inner);
        met.push(this.unite(outer, narrow, dual));
      } else {
        met.push(this.unite(x, y, dual));
      }
      // A union may have split a class that stands further on.
      left.splice(0, left.length, ...this.resolve(left));
      right.splice(0, right.length, ...this.resolve(right));
    }
    return met;
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

function newSlot(extent: number, freedom: Freedom): UnitSlot {
  return { extent, freedom, mixes: false, parent: undefined, parts: undefined };
}

function partOf({ freedom, mixes }: UnitSlot, extent: number): UnitSlot {
  return { ...newSlot(extent, freedom), mixes };
}

function factorOf(slot: UnitSlot): UnitFactor {
  return { extent: slot.extent, slot, dual: false, squares: false };
}

function rootOf(slot: UnitSlot): { readonly slot: UnitSlot; readonly dual: boolean } {
  let dual = false;
  let root = slot;
  for (; root.parent; root = root.parent.slot) dual = dual !== root.parent.dual;
  // Whoever was asked on the way knows the root from now on: a residual stream is one class of many joins.
  let left = dual;
  for (let each = slot; each.parent && each.parent.slot !== root;) {
    const { parent } = each;
    each.parent = { slot: root, dual: left };
    left = left !== parent.dual;
    each = parent.slot;
  }
  return { slot: root, dual };
}

/** A factor as an outer one of a given extent and the rest; all that hold its class fall into the same two. */
function split(factor: UnitFactor, outer: number): [UnitFactor, UnitFactor] {
  const inner = factor.extent / outer;
  const { slot } = factor;
  if (slot) slot.parts ??= [partOf(slot, outer), partOf(slot, inner)];
  const part = (at: 0 | 1, extent: number): UnitFactor => ({ ...factor, extent, slot: slot?.parts?.[at] });
  return [part(0, outer), part(1, inner)];
}
