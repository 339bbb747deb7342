import { distance } from "../../linalg/vector.ts";
import { type RunContext, throwIfInterrupted } from "../../util/run-context.ts";
import type { Curve } from "../paths/curve.ts";
import type { LossesAt, Terrain } from "../terrain.ts";

/** The loss along a curve. */
export interface CurveProfile {
  readonly t: readonly number[];
  /** Length of the way from the beginning to each point. */
  readonly arc: readonly number[];
  readonly at: readonly LossesAt[];
}

/** What was measured at a place of a curve. */
export interface Place extends LossesAt {
  readonly t: number;
}

/** Places that were measured, and whether all were that were asked for. */
export interface Places {
  readonly places: readonly Place[];
  readonly isWhole: boolean;
}

/** How much higher the loss of a way is than the straight line between the losses of its ends. */
export interface Barrier {
  readonly height: number;
  /** Where it is highest. */
  readonly t: number;
}

/** Evenly spaced places, and those that the way is made of. */
export function placesOf({ knots = [] }: Curve, points: number): number[] {
  return [...new Set([...Array.from({ length: points }, (_, i) => i / (points - 1)), ...knots])].sort((a, b) => a - b);
}

/**
 * Loss and accuracy at places of a curve, until the time is up: at its ends in any case, as without them there is no height.
 * Cost: a forward pass for each, on the data and on held-out examples.
 */
export async function measurePlaces(
  terrain: Terrain,
  curve: Curve,
  t: readonly number[],
  context: RunContext,
  title: string,
): Promise<Places> {
  const places: Place[] = [];
  const into = new Float64Array(curve.at(0).length);
  for (const each of t) {
    throwIfInterrupted(context);
    if (each > 0 && each < 1 && context.outOfTime?.() === true) continue;
    places.push({ t: each, ...(await terrain.losses(curve.at(each, into), context)) });
    context.progress?.({ stage: title, done: places.length, total: t.length });
  }
  return { places, isWhole: places.length === t.length };
}

/** Rounds of looking closer at the highest point. */
const ROUNDS = 4;

/** What looking closer at it takes. */
export const PEAK_PLACES = 2 * ROUNDS;

/** Halves the steps on both sides of the highest point of a curve, a few times, and gives what was measured there. Cost: eight places. */
export async function measurePeak(
  terrain: Terrain,
  curve: Curve,
  seen: readonly { readonly t: number; readonly loss: number }[],
  context: RunContext,
  title: string,
): Promise<Places> {
  const known = new Map(seen.map(({ t, loss }) => [t, loss]));
  const places: Place[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const t = [...known.keys()].sort((a, b) => a - b);
    const at = t.flatMap((each) => ({ train: { loss: known.get(each) ?? Number.NaN, accuracy: null }, test: null }));
    const top = t.indexOf(barrierOf({ t, at }, "train")?.t ?? 0);
    if (top === 0 || top === t.length - 1) break;
    const between = [top - 1, top + 1].map((next) => (t[top] + t[next]) / 2);
    const found = await measurePlaces(terrain, curve, between, context, title);
    for (const place of found.places) {
      known.set(place.t, place.train.loss);
      places.push(place);
    }
    if (!found.isWhole) return { places, isWhole: false };
  }
  return { places, isWhole: true };
}

/** What was measured, in the order of the way. */
export function profileAlong(curve: Curve, places: readonly Place[]): CurveProfile {
  const sorted = places.toSorted((a, b) => a.t - b.t);
  const t = sorted.map((place) => place.t);
  const arc: number[] = [0];
  let from = curve.at(t[0]);
  const pair = [0, 1].map(() => new Float64Array(from.length));
  for (let i = 1; i < t.length; i++) {
    const to = curve.at(t[i], pair[i % 2]);
    arc.push(arc[i - 1] + distance(from, to));
    from = to;
  }
  return { t, arc, at: sorted };
}

/** max over the points of L(t) − ((1−t)·L(0) + t·L(1)), at least 0, which the ends give; null where there are no such losses. */
export function barrierOf({ t, at }: Pick<CurveProfile, "t" | "at">, set: "train" | "test"): Barrier | null {
  const losses = at.map((each) => each[set]?.loss);
  const [first, last] = [losses[0], losses[losses.length - 1]];
  if (first === undefined || last === undefined) return null;
  let best: Barrier = { height: 0, t: 0 };
  losses.forEach((loss, i) => {
    const height = (loss ?? Number.NaN) - ((1 - t[i]) * first + t[i] * last);
    // What is no number is higher than any.
    if (height > best.height || (Number.isNaN(height) && !Number.isNaN(best.height))) best = { height, t: t[i] };
  });
  return best;
}
