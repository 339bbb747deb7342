import { dot, norm2, plusMultiple } from "../../linalg/vector.ts";
import { type RunContext, throwIfInterrupted } from "../../util/run-context.ts";
import { straight, throughPoints } from "./curve.ts";
import type { Ground, PathKind } from "./path.ts";
import { maxOf } from "../../util/extremes.ts";

/** How often points are added. */
const CYCLES = 4;

/** Share of the steps that the highest point climbs at the end. */
const CLIMBING = 0.4;

/** A point goes no further in a step than this share of its distance from the next one. */
const FARTHEST = 0.2;

/** Of the first step, before anything is known of the curvature: a share of the same. */
const FIRST = 0.02;

/** A force this much smaller than the first one is none. */
const SETTLED = 1e-12;

/**
 * A nudged elastic band (Jónsson, Mills & Jacobsen 1998; Henkelman & Jónsson 2000): points are pushed down the slope
 * across the way and kept apart along it; where the loss between two of them is highest above theirs, one is added
 * (Draxler et al. 2018); at the end the highest climbs along the way and goes down across it, to a saddle (Henkelman,
 * Uberuaga & Jónsson 2000). Step lengths follow Barzilai and Borwein (1988).
 *
 * Cost: about one gradient and one loss for each point and step.
 */
export const neb: PathKind = {
  name: "neb",
  noun: "elastic band",
  summary: "a nudged elastic band, with points added where it is highest, which climbs to a saddle",
  isSearched: true,
  async find(ground, [a, b], { bends, steps }, _random, context) {
    const line = straight(a, b);
    let points = Array.from({ length: bends + 2 }, (_, k) => line.at(k / (bends + 1)));
    const relaxing = relaxingOf(steps);
    for (let cycle = 0; cycle < CYCLES && context.outOfTime?.() !== true; cycle++) {
      if (cycle > 0) points = await withOneMore(ground, points);
      points = await relaxed(ground, points, relaxing, context);
      context.progress?.({ stage: "relaxing the band", done: cycle + 1, total: CYCLES + 1 });
    }
    const climbing = await climbed(ground, points, Math.ceil(steps * CLIMBING), context);
    return { points: climbing.slice(1, -1), isWhole: context.outOfTime?.() !== true };
  },
  curve: ([a, b], points) => throughPoints([a, ...points, b]),
  cost({ bends, steps }) {
    const moved = Array.from({ length: CYCLES }, (_, cycle) => bends + cycle).reduce((sum, each) => sum + each, 0);
    const pushes = relaxingOf(steps) * moved;
    return { losses: pushes, gradients: pushes + Math.ceil(steps * CLIMBING), sampled: 0 };
  },
};

/** Steps of each cycle. */
function relaxingOf(steps: number): number {
  return Math.max(1, Math.floor((steps * (1 - CLIMBING)) / CYCLES));
}

/** A point that moves by a force, whose steps follow from how the force changed. */
class Mover {
  point: Float64Array;
  private force: Float64Array | undefined;
  private moved: Float64Array | undefined;

  constructor(point: Float64Array) {
    this.point = point;
  }

  step(force: Float64Array, spacing: number): void {
    const size = norm2(force);
    if (size === 0) return;
    let rate = (FIRST * spacing) / size;
    if (this.force && this.moved) {
      const { force: before } = this;
      const change = force.map((x, i) => before[i] - x);
      // |s·s / s·y|, the length that the curvature along the last step asks for.
      const along = Math.abs(dot(this.moved, change));
      if (along > 0) rate = dot(this.moved, this.moved) / along;
    }
    const length = Math.min(rate, (FARTHEST * spacing) / size);
    this.moved = force.map((x) => length * x);
    this.force = force;
    this.point = plusMultiple(this.point, length, force);
  }
}

async function relaxed(
  ground: Ground,
  start: readonly Float64Array[],
  steps: number,
  context: RunContext,
): Promise<Float64Array[]> {
  const movers = start.map((point) => new Mover(point));
  const ends = [await ground.value(start[0]), await ground.value(start[start.length - 1])];
  for (let step = 0; step < steps && context.outOfTime?.() !== true; step++) {
    throwIfInterrupted(context);
    const points = movers.map(({ point }) => point);
    const losses = [ends[0]];
    for (const point of points.slice(1, -1)) losses.push(await ground.value(point));
    losses.push(ends[1]);
    for (let i = 1; i < points.length - 1; i++) {
      const slope = await ground.gradient(points[i]);
      const { tangent, before, behind } = tangentAt(points, losses, i);
      const along = dot(slope, tangent);
      movers[i].step(
        slope.map((x, k) => along * tangent[k] - x),
        Math.min(before, behind),
      );
      // The spring, whose rest is half-way between its neighbours.
      const pull = (behind - before) / 4;
      movers[i].point = plusMultiple(movers[i].point, pull, tangent);
    }
  }
  return movers.map(({ point }) => point);
}

/** The direction of the way at a point: towards the higher neighbour where the loss rises or falls, between both at an extremum. */
export function tangentAt(points: readonly Float64Array[], losses: readonly number[], i: number) {
  const forward = points[i + 1].map((x, k) => x - points[i][k]);
  const backward = points[i].map((x, k) => x - points[i - 1][k]);
  const [up, down] = [losses[i + 1] - losses[i], losses[i - 1] - losses[i]];
  const [large, small] = [Math.max(Math.abs(up), Math.abs(down)), Math.min(Math.abs(up), Math.abs(down))];
  let [ahead, behindWeight] = [1, 1];
  if (up > 0 !== down > 0) [ahead, behindWeight] = up > 0 ? [1, 0] : [0, 1];
  else if (large > 0) [ahead, behindWeight] = up > down ? [large, small] : [small, large];
  const direction = forward.map((x, k) => ahead * x + behindWeight * backward[k]);
  const size = norm2(direction) || 1;
  return { tangent: direction.map((x) => x / size), before: norm2(backward), behind: norm2(forward) };
}

/** A point more in the middle of the piece where the loss is highest above the line between those of its ends. */
async function withOneMore(ground: Ground, points: readonly Float64Array[]): Promise<Float64Array[]> {
  const losses: number[] = [];
  for (const point of points) losses.push(await ground.value(point));
  let best = { height: -Infinity, at: 0, point: points[0] };
  for (let i = 0; i + 1 < points.length; i++) {
    const point = straight(points[i], points[i + 1]).at(0.5);
    const height = (await ground.value(point)) - (losses[i] + losses[i + 1]) / 2;
    if (height > best.height) best = { height, at: i + 1, point };
  }
  return points.toSpliced(best.at, 0, best.point);
}

/** The band with its highest point on a saddle, as near as the steps bring it. */
async function climbed(
  ground: Ground,
  points: readonly Float64Array[],
  steps: number,
  context: RunContext,
): Promise<Float64Array[]> {
  const losses: number[] = [];
  for (const point of points) losses.push(await ground.value(point));
  const top = losses.indexOf(maxOf(losses));
  if (top === 0 || top === points.length - 1) return [...points];
  const mover = new Mover(points[top]);
  const band = [...points];
  let first = 0;
  for (let step = 0; step < steps && context.outOfTime?.() !== true; step++) {
    throwIfInterrupted(context);
    const slope = await ground.gradient(mover.point);
    const { tangent, before, behind } = tangentAt(band, losses, top);
    const along = dot(slope, tangent);
    const force = slope.map((x, k) => 2 * along * tangent[k] - x);
    first = Math.max(first, norm2(force));
    if (norm2(force) <= SETTLED * first) break;
    mover.step(force, Math.min(before, behind));
    band[top] = mover.point;
  }
  return band;
}
