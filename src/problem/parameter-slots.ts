import type { Runtime, Slot } from "../runtime/runtime.ts";
import type { FloatType } from "../util/tensor.ts";
import { fedName } from "./file-names.ts";
import type { ParameterSpace } from "./parameter-space.ts";

/** How many vectors in float64 a point's θ and the feeds of it take, in float64 at that. */
export const VECTORS_OF_POINT = 2;

/** A point's θ, and the feeds of it. */
export interface HeldParameters {
  readonly theta: Float64Array;
  readonly slots: ReadonlyMap<string, Slot>;
}

/**
 * What points hold of their parameters: those at one θ the same, each other its own; that of released points is written anew
 * for others, since numbers by the megabyte that live for one loss keep the garbage collector busier than the engine.
 */
export class ParameterSlots {
  private readonly space: ParameterSpace;
  private readonly precision: FloatType;
  private readonly runtime: Pick<Runtime, "slot">;
  private readonly idle: HeldParameters[] = [];
  /** How many points hold each. */
  private readonly users = new Map<HeldParameters, number>();

  constructor(space: ParameterSpace, precision: FloatType, runtime: Pick<Runtime, "slot">) {
    this.space = space;
    this.precision = precision;
    this.runtime = runtime;
  }

  /** Copies θ, unless another point is at it; to be given back. Nobody may write to it. */
  take(point: Float64Array): HeldParameters {
    for (const [known, count] of this.users) {
      if (!isSame(known.theta, point)) continue;
      this.users.set(known, count + 1);
      return known;
    }
    const held = this.idle.pop() ?? this.make();
    this.users.set(held, 1);
    held.theta.set(point);
    for (const { name, offset, size } of this.space.tensors)
      held.slots.get(fedName(name))?.write(point.subarray(offset, offset + size), 0);
    return held;
  }

  /** Nothing that the giving point was fed may be under way, and it may not read them any more. */
  give(held: HeldParameters): void {
    const others = (this.users.get(held) ?? 0) - 1;
    if (others > 0) this.users.set(held, others);
    else if (this.users.delete(held)) this.idle.push(held);
  }

  private make(): HeldParameters {
    const { dimension, tensors } = this.space;
    return {
      theta: new Float64Array(dimension),
      slots: new Map(tensors.map(({ name, shape }) => [fedName(name), this.runtime.slot(this.precision, shape)])),
    };
  }
}

/** To the last bit: 0 is not −0. */
function isSame(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] || (a[i] === 0 && 1 / a[i] !== 1 / b[i])) return false;
  return true;
}
