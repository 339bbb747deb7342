import { inputError } from "../files/input-error.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { maxOf, minOf } from "../util/extremes.ts";

/** The coordinates along one axis, evenly spaced, with 0 among them. */
export interface Ticks {
  /** As it is written: first, last and number, "-1:1:51". */
  readonly text: string;
  readonly values: Float64Array;
  /** The place of 0. */
  readonly centre: number;
  readonly step: number;
}

/** Points of one axis; a surface of so many squared would not be read by anybody. */
const MOST = 10_001;

/** How far from a whole number of steps 0 may lie, in steps: what decimal fractions are rounded by. */
const SLACK = 1e-6;

/**
 * The coordinates of "first:last:number". Each is i · step from 0, no sum, and the ends are what was written.
 *
 * @param flag as it is typed, for messages
 * @throws usage error `bad-range` for what is no range; input error `no-centre` where 0 is none of the coordinates
 *
 * @example
 * ticksOf("-1:1:5", "--x").values; // [-1, -0.5, 0, 0.5, 1]
 */
export function ticksOf(text: string, flag: string): Ticks {
  const parts = text.split(":");
  const [first, last, count] = parts.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (
    parts.length !== 3 ||
    !Number.isFinite(first) ||
    !Number.isFinite(last) ||
    !Number.isInteger(count) ||
    count < 2 ||
    count > MOST ||
    last <= first
  ) {
    throw new ThalwegError({
      kind: "usage",
      code: "bad-range",
      message: `${flag} is "${text}"; it must be FIRST:LAST:NUMBER, as -1:1:51, with 2 to ${MOST} points.`,
    });
  }
  const place = (-first * (count - 1)) / (last - first);
  const centre = Math.round(place);
  if (first > 0 || last < 0 || Math.abs(place - centre) > SLACK) {
    throw inputError(
      "no-centre",
      `None of the ${count} points of ${flag} ${text} is 0, where the weights are.`,
      { input: flag },
      `Write ${flag} ${withCentre(first, last, count)}.`,
    );
  }
  const values = Float64Array.from({ length: count }, (_, i) => ((i - centre) * (last - first)) / (count - 1));
  values[0] = first;
  values[count - 1] = last;
  values[centre] = 0;
  return { text, values, centre, step: (last - first) / (count - 1) };
}

/** A range of the same step, nearly, that has 0. */
function withCentre(first: number, last: number, count: number): string {
  if (first === -last) return `${first}:${last}:${count + 1}`;
  const step = (last - first) / (count - 1);
  const [before, after] = [Math.max(0, Math.ceil(-first / step - SLACK)), Math.max(0, Math.ceil(last / step - SLACK))];
  return rangeOf(before, after, step).text;
}

function rangeOf(before: number, after: number, step: number): { readonly text: string } {
  const written = (x: number) => String(Number(x.toPrecision(6)));
  return { text: `${written(-before * step)}:${written(after * step)}:${before + after + 1}` };
}

/**
 * A range of about `count` points that holds all of these with some room around, and 0.
 *
 * @example
 * rangeAround([0.5, 4], 9); // "-0.6:4.8:10"
 */
export function rangeAround(values: readonly number[], count: number): string {
  const [low, high] = [Math.min(0, minOf(values)), Math.max(0, maxOf(values))];
  const room = (high - low) / 8 || 1;
  // Two digits make a step that can be written; whole numbers of it then have 0 among them.
  const step = Number(((high - low + 2 * room) / (count - 1)).toPrecision(2));
  return rangeOf(Math.ceil((room - low) / step), Math.ceil((high + room) / step), step).text;
}

/**
 * The points of a grid by index (the last axis varies fastest), from coarse to fine: the centre, then those that a grid of
 * steps 2ᵐ adds to it, 2ᵐ⁻¹, … However early one stops, what is there is a whole picture, only coarser.
 *
 * @example
 * coarseToFine([5], [2]); // [2, 0, 4, 1, 3]
 */
export function coarseToFine(extents: readonly number[], centre: readonly number[]): Int32Array {
  const total = extents.reduce((product, extent) => product * extent, 1);
  const levels = Array.from({ length: total }, (_, index) => {
    let rest = index;
    let level = Number.POSITIVE_INFINITY;
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      level = Math.min(level, twosIn((rest % extents[axis]) - centre[axis]));
      rest = Math.floor(rest / extents[axis]);
    }
    return level;
  });
  return Int32Array.from(levels.keys()).sort((a, b) => levels[b] - levels[a] || a - b);
}

/** How often a whole number can be halved. */
function twosIn(n: number): number {
  return n === 0 ? Number.POSITIVE_INFINITY : 31 - Math.clz32(n & -n);
}
