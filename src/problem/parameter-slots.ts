import type { Runtime, Slot } from "../runtime/runtime.ts";
import type { FloatType } from "../util/tensor.ts";
import { fedName } from "./file-names.ts";
import type { ParameterSpace } from "./parameter-space.ts";

/** A point's θ, and the feeds of it. */
export interface HeldParameters {
  readonly theta: Float64Array;
  readonly slots: ReadonlyMap<string, Slot>;
}

/**
 * What points hold of their parameters. Each has its own; that of released points is written anew for others, since numbers
 * by the megabyte that live for one loss keep the garbage collector busier than the engine.
 */
export class ParameterSlots {
  private readonly space: ParameterSpace;
  private readonly precision: FloatType;
  private readonly runtime: Pick<Runtime, "slot">;
  private readonly idle: HeldParameters[] = [];

  constructor(space: ParameterSpace, precision: FloatType, runtime: Pick<Runtime, "slot">) {
    this.space = space;
    this.precision = precision;
    this.runtime = runtime;
  }

  /** Copies θ. */
  take(point: Float64Array): HeldParameters {
    const held = this.idle.pop() ?? this.make();
    held.theta.set(point);
    for (const { name, offset, size } of this.space.tensors)
      held.slots.get(fedName(name))?.write(point.subarray(offset, offset + size), 0);
    return held;
  }

  /** Nothing that was fed these may be under way, and nobody may read them any more. */
  give(held: HeldParameters): void {
    this.idle.push(held);
  }

  private make(): HeldParameters {
    const { dimension, tensors } = this.space;
    return {
      theta: new Float64Array(dimension),
      slots: new Map(tensors.map(({ name, shape }) => [fedName(name), this.runtime.slot(this.precision, shape)])),
    };
  }
}
