import type { Tensor, TensorData } from "../util/tensor.ts";

/** Whoever can be told to let go of constants. */
interface Holder {
  forget(what: { readonly constants: readonly number[] }): void;
}

/** A constant as lanes know it. */
export class LaneConstant {
  readonly id: number;
  readonly tensor: Tensor;
  /** Programs that have it. */
  users = 0;
  private readonly holders = new Set<Holder>();

  constructor(id: number, tensor: Tensor) {
    this.id = id;
    this.tensor = tensor;
  }

  /** What is to be sent to a lane, a copy that may move there: nothing where it has it. */
  sentTo(lane: Holder): [number, Tensor][] {
    if (this.holders.has(lane)) return [];
    this.holders.add(lane);
    return [[this.id, { ...this.tensor, data: this.tensor.data.slice() }]];
  }

  forget(): void {
    for (const lane of this.holders) lane.forget({ constants: [this.id] });
    this.holders.clear();
  }
}

/**
 * The large constants of the programs of lanes. Each lane is sent a constant with the first program that has it, once for all
 * programs whose constant is the same array, and forgets it with the last.
 */
export class LaneConstants {
  private readonly nextNumber: () => number;
  private readonly known = new Map<TensorData, LaneConstant[]>();

  constructor(nextNumber: () => number) {
    this.nextNumber = nextNumber;
  }

  /** To be given back once. */
  take(tensor: Tensor): LaneConstant {
    const views = this.known.get(tensor.data) ?? [];
    this.known.set(tensor.data, views);
    let found = views.find((each) => each.tensor.shape.join() === tensor.shape.join());
    if (!found) views.push((found = new LaneConstant(this.nextNumber(), tensor)));
    found.users++;
    return found;
  }

  give(constant: LaneConstant): void {
    if (--constant.users > 0) return;
    constant.forget();
    const { data } = constant.tensor;
    const left = (this.known.get(data) ?? []).filter((each) => each !== constant);
    if (left.length > 0) this.known.set(data, left);
    else this.known.delete(data);
  }
}
