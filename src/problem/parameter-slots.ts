import type { Runtime, Slot } from "../runtime/runtime.ts";
import type { FloatType } from "../util/tensor.ts";
import { fedName } from "./file-names.ts";
import type { ParameterSpace } from "./parameter-space.ts";

/** The feeds of a point's parameters. Each point has its own; those of released points are written anew for others. */
export class ParameterSlots {
  private readonly space: ParameterSpace;
  private readonly precision: FloatType;
  private readonly runtime: Pick<Runtime, "slot">;
  private readonly idle: ReadonlyMap<string, Slot>[] = [];

  constructor(space: ParameterSpace, precision: FloatType, runtime: Pick<Runtime, "slot">) {
    this.space = space;
    this.precision = precision;
    this.runtime = runtime;
  }

  take(point: Float64Array): ReadonlyMap<string, Slot> {
    const slots = this.idle.pop() ?? this.make();
    for (const { name, offset, size } of this.space.tensors)
      slots.get(fedName(name))?.write(point.subarray(offset, offset + size), 0);
    return slots;
  }

  /** Nothing that was fed these may be under way. */
  give(slots: ReadonlyMap<string, Slot>): void {
    this.idle.push(slots);
  }

  private make(): ReadonlyMap<string, Slot> {
    return new Map(
      this.space.tensors.map(({ name, shape }) => [fedName(name), this.runtime.slot(this.precision, shape)]),
    );
  }
}
