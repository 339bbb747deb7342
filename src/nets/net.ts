import { ThalwegError } from "../util/thalweg-error.ts";
import type { Ends, Initialization } from "./initializations/initialization.ts";
import type { NetBuilder } from "./net-builder.ts";

/** A built-in network. */
export interface Net {
  /** Unique; what stands before the first colon. */
  readonly name: string;
  /** As it is typed: mlp:SIZES[:ACTIVATION]. */
  readonly form: string;
  /** Half a sentence. */
  readonly summary: string;
  /** Author year. */
  readonly source: string;
  /** Whole names. */
  readonly examples: readonly string[];
  /**
   * The network that the words behind the name ask for.
   *
   * @throws input error `bad-net`
   */
  read(words: readonly string[]): NetPlan;
}

/** A network of known sizes, before its weights are drawn. */
export interface NetPlan {
  /** How weights begin where nothing is said. */
  readonly initialization: Initialization;
  /** Where what lies between them grows with a width. */
  readonly ends?: Ends;
  write(net: NetBuilder): void;
}

export function badNet(net: Pick<Net, "name" | "form">, reason: string): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "bad-net",
    message: `There is no such network ${net.name}: ${reason}.`,
    hint: `Write ${net.form}.`,
  });
}

/** "64-32-10": whole numbers from 1 on. */
export function sizesIn(net: Pick<Net, "name" | "form">, word: string | undefined, least: number): number[] {
  const sizes = (word ?? "").split("-").map(Number);
  if (
    word !== undefined &&
    sizes.length >= least &&
    sizes.every((size) => Number.isSafeInteger(size) && size >= 1 && size <= LARGEST)
  )
    return sizes;
  throw badNet(net, `"${word ?? ""}" is no list of ${least} or more sizes from 1 to ${LARGEST}`);
}

/** "3x32x32": channels, height, width; "1x40": channels, length. */
export function shapeIn(net: Pick<Net, "name" | "form">, word: string): number[] {
  const extents = word.split("x").map(Number);
  if (
    [2, 3].includes(extents.length) &&
    extents.every((extent) => Number.isSafeInteger(extent) && extent >= 1 && extent <= LARGEST)
  )
    return extents;
  throw badNet(net, `"${word}" is no image, CHANNELSxHEIGHTxWIDTH`);
}

/** "3x32x32": channels, height, width. */
export function imageIn(
  net: Pick<Net, "name" | "form">,
  word: string,
): [channels: number, height: number, width: number] {
  const extents = shapeIn(net, word);
  const [channels, height, width] = extents;
  if (extents.length === 3) return [channels, height, width];
  throw badNet(net, `"${word}" is no image, CHANNELSxHEIGHTxWIDTH`);
}

/** @throws input error `bad-net` */
export function refuseMore(net: Pick<Net, "name" | "form">, words: readonly string[], most: number): void {
  if (words.length > most) throw badNet(net, `nothing is known of "${words[most]}"`);
}

/** Of one axis; what all together may be, the builder says. */
const LARGEST = 2 ** 24;
