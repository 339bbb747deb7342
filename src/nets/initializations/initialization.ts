import type { RandomStream } from "../../random/random-stream.ts";
import type { Shape } from "../../util/tensor.ts";

/** A weight that is to be drawn: units first, [units, inputs, …kernel]. */
export interface WeightPlace {
  readonly shape: Shape;
  /** Numbers that enter a unit: inputs · kernel. */
  readonly fanIn: number;
  /** Numbers that an input enters: units · kernel. */
  readonly fanOut: number;
  /** Whether the data enter it, or the output leaves it; both, or neither. */
  readonly end: { readonly first: boolean; readonly last: boolean };
}

/** Names of the layer that the data enter and of the one that the output leaves. */
export interface Ends {
  readonly first: string;
  readonly last: string;
}

/** How the weights of a network begin. */
export interface Initialization {
  readonly name: string;
  /** Half a sentence: formula and spread. */
  readonly summary: string;
  /** Author year. */
  readonly source: string;
  /** The elements of a weight, row-major. */
  draw(place: WeightPlace, random: RandomStream): Float64Array;
  /** The elements of a bias of a layer of such weights; zeros where it says nothing. */
  drawBias?(size: number, place: WeightPlace, random: RandomStream): Float64Array;
  /** By what the network multiplies the weight, which is then how it is parametrised; 1 when absent. */
  factor?(place: WeightPlace): number;
  /** The same of a bias. */
  biasFactor?(place: WeightPlace): number;
  /** Whether it has to know the first and the last layer, which only some networks say. */
  readonly asksEnds?: boolean;
}
