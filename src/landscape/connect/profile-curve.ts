import { norm2 } from "../../linalg/vector.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Curve } from "../paths/curve.ts";
import type { LossesAt, Terrain } from "../terrain.ts";

/** The loss along a curve. */
export interface CurveProfile {
  readonly t: readonly number[];
  /** Length of the way from the beginning to each point. */
  readonly arc: readonly number[];
  readonly at: readonly LossesAt[];
}

/** How much higher the loss of a way is than the straight line between the losses of its ends. */
export interface Barrier {
  readonly height: number;
  /** Where it is highest. */
  readonly t: number;
}

/**
 * Loss and accuracy at evenly spaced points of a curve, and around the highest of them at points between.
 * Cost: points + 8 places.
 */
export async function profileCurve(
  terrain: Terrain,
  curve: Curve,
  points: number,
  context: RunContext,
  title: string,
): Promise<CurveProfile> {
  const found = new Map<number, LossesAt>();
  let done = 0;
  const look = async (t: number) => {
    found.set(t, await terrain.losses(curve.at(t), context));
    context.progress?.({ stage: title, done: ++done, total: points + REFINEMENTS });
  };
  for (const t of placesOf(curve, points)) await look(t);
  await refine(found, look);
  const t = [...found.keys()].sort((a, b) => a - b);
  const arc: number[] = [0];
  for (let i = 1; i < t.length; i++) {
    const [from, to] = [curve.at(t[i - 1]), curve.at(t[i])];
    arc.push(arc[i - 1] + norm2(to.map((x, k) => x - from[k])));
  }
  return { t, arc, at: t.flatMap((each) => found.get(each) ?? []) };
}

/** Evenly spaced places, and those that the way is made of. */
function placesOf({ knots = [] }: Curve, points: number): Set<number> {
  return new Set([...Array.from({ length: points }, (_, i) => i / (points - 1)), ...knots]);
}

const REFINEMENTS = 8;

/** Halves the steps on both sides of the highest point, a few times. */
async function refine(found: Map<number, LossesAt>, look: (t: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < REFINEMENTS / 2; round++) {
    const t = [...found.keys()].sort((a, b) => a - b);
    const at = t.flatMap((each) => found.get(each) ?? []);
    const top = t.indexOf(barrierOf({ t, at }, "train")?.t ?? 0);
    for (const next of [top - 1, top + 1]) {
      if (next < 0 || next >= t.length || top === 0 || top === t.length - 1) continue;
      await look((t[top] + t[next]) / 2);
    }
  }
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
