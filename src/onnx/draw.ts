import { createRandom, type RandomStream } from "../random/random-stream.ts";
import type { Shape } from "../util/tensor.ts";

/** The law of the numbers that a node draws. */
export type DrawLaw =
  | { readonly kind: "normal"; readonly mean: number; readonly scale: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number };

/** What a node draws in an import: numbers of a shape, independent of each other. */
export interface Draw {
  readonly law: DrawLaw;
  readonly shape: Shape;
}

/** A draw of which each example has its own numbers: they are fed, under the name of the draw, with the examples first. */
export interface ExampleDraw {
  readonly law: DrawLaw;
  /** The axis of what the node draws that counts examples. */
  readonly axis: number;
  /** Shape of the numbers of one example. */
  readonly shape: Shape;
}

/** Independent numbers of a law. */
export function drawn(law: DrawLaw, random: RandomStream, size: number): Float64Array {
  if (law.kind === "normal") return random.normalVector(size).map((z) => law.mean + law.scale * z);
  return Float64Array.from({ length: size }, () => law.low + (law.high - law.low) * random.uniform());
}

/** Where the numbers of a draw come from, by its name: the same in every run. */
export function drawStream(name: string): RandomStream {
  return createRandom(0).split("draw").split(name);
}

/** What a node draws beside its output, in the names of the file: a value that the file itself does not have. */
export function hiddenDraw(output: string): string {
  return `${output}/draw`;
}
