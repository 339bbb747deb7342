import type { RandomStream } from "../../random/random-stream.ts";

/**
 * Where the pixel at (x, y) of a moved image comes from, in pixels from its middle:
 * (a x + b y + c, d x + e y + f).
 */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A way to move an image anew each time that it is trained on, so that its label stays. */
export interface Augmentation {
  readonly name: string;
  /** Half a sentence: what is drawn, and from where to where. */
  readonly summary: string;
  /** What the amount counts, as it stands behind a number. */
  readonly unit: string;
  /** Where none is given. */
  readonly amount: number;
  /** The greatest amount that has a meaning. */
  readonly most: number;
  /** Whether the amount is a whole number. */
  readonly isWhole?: boolean;
  /** The map of one image. */
  draw(amount: number, random: RandomStream): AffineMap;
}

/** One that was asked for, with its amount. */
export interface ChosenAugmentation {
  readonly augmentation: Augmentation;
  readonly amount: number;
}

/**
 * First the one map, then the other. Of an image that is moved twice a pixel comes from where the first movement takes what the
 * second one asks for: the map of the second comes first.
 */
export function composed([a, b, c, d, e, f]: AffineMap, [A, B, C, D, E, F]: AffineMap): AffineMap {
  return [A * a + B * d, A * b + B * e, A * c + B * f + C, D * a + E * d, D * b + E * e, D * c + E * f + F];
}
