import type { Freedom } from "../graph/unit-freedom.ts";
import type { Value } from "../graph/value.ts";

/** Units that go through one map wherever they stand. */
export interface UnitClass {
  readonly extent: number;
  readonly freedom: Freedom;
  /** The class whose places have each a map of their own, as heads have; undefined where there is one map for all. */
  readonly places: number | undefined;
}

/** One factor of a shape. */
export interface UnitDimension {
  readonly extent: number;
  /** Its class; undefined where nothing moves along it. */
  readonly units: number | undefined;
  /** Whether the transposed inverse of the map applies. */
  readonly dual: boolean;
}

/** Where a tensor, or a part of one that has units of its own, lies in a flat vector, and what its factors are. */
export interface UnitTensor {
  readonly name: string;
  readonly offset: number;
  readonly dimensions: readonly UnitDimension[];
  /** From one unit of a factor to the next, where they do not lie side by side: in a part of a tensor. */
  readonly strides?: readonly number[];
  /** Whether it is a gain that the weights behind it take over. */
  readonly isGain?: boolean;
}

/** A value on the way through the network with the factors of its axes. */
export interface UnitValue {
  readonly value: Value;
  readonly dimensions: readonly UnitDimension[];
}

/** A group of maps of the parameters that leave the network's outputs as they are. */
export interface Symmetry {
  readonly classes: readonly UnitClass[];
  readonly tensors: readonly UnitTensor[];
  readonly values: readonly UnitValue[];
}

/** A tensor of parameters of a flat vector. */
export interface PlacedTensor {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** What a network may be sent through, once its gains are ones. */
export interface NetworkSymmetry {
  readonly symmetry: Symmetry;
  /** The largest group of maps that was asked for. */
  readonly within: Freedom;
  /** Gains that were to stay what they are, by name. */
  readonly held: ReadonlySet<string>;
  /** Scales of gains, which the weights behind them take over; no class where there are none. */
  readonly gains: Symmetry;
}
