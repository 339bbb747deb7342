import { hypotOf } from "../util/extremes.ts";

import type { Relief } from "./contours.ts";

/** A cell of a relief as it is seen, four corners on the paper. */
export interface Facet {
  readonly corners: readonly (readonly [u: number, v: number])[];
  /** How much of the light falls on it, 0 to 1. */
  readonly light: number;
}

/** Seen from the front right, from above: degrees. */
const TURN = (-35 * Math.PI) / 180;
const TILT = (28 * Math.PI) / 180;

/** The ground is as wide as it is deep, and the relief this much of it high. */
const HEIGHT = 0.75;

/**
 * A relief in parallel projection, cells from back to front: painted in this order with a fill, those in front hide what is
 * behind them. Heights between `low` and `high` are drawn from 0 to 1, after `scale`; cells with a corner that is no ground are left out.
 */
export function facetsOf(relief: Relief, scale: (height: number) => number): Facet[] {
  const { x, y, height } = relief;
  const across = (values: readonly number[], i: number) =>
    (values[i] - values[0]) / (values[values.length - 1] - values[0]) - 0.5;
  const spot = (i: number, j: number) => {
    const [a, b] = [across(x, i), across(y, j)];
    return [a, b, HEIGHT * scale(height[j][i] ?? Number.NaN)] as const;
  };
  const facets: { readonly depth: number; readonly facet: Facet }[] = [];
  for (let j = 0; j + 1 < y.length; j++) {
    for (let i = 0; i + 1 < x.length; i++) {
      const corners = [spot(i, j), spot(i + 1, j), spot(i + 1, j + 1), spot(i, j + 1)];
      if (!corners.every(([, , z]) => Number.isFinite(z))) continue;
      const depth = corners.reduce((sum, [a, b]) => sum + turned(a, b)[1], 0);
      facets.push({ depth, facet: { corners: corners.map(seen), light: lightOn(corners) } });
    }
  }
  return facets.toSorted((a, b) => b.depth - a.depth).map(({ facet }) => facet);
}

/** Where a point of the ground (−½ … ½ each way) of some height (0 … 1) is on the paper. */
export function placeOf(a: number, b: number, height: number): readonly [u: number, v: number] {
  return seen([a, b, HEIGHT * height]);
}

function turned(a: number, b: number): readonly [right: number, back: number] {
  return [a * Math.cos(TURN) - b * Math.sin(TURN), a * Math.sin(TURN) + b * Math.cos(TURN)];
}

function seen([a, b, z]: readonly [number, number, number]): readonly [number, number] {
  const [right, back] = turned(a, b);
  return [right, back * Math.sin(TILT) + z * Math.cos(TILT)];
}

/** The cosine between a cell's normal and light from the upper left. */
function lightOn([p, q, , s]: readonly (readonly [number, number, number])[]): number {
  const [u, v] = [q.map((each, i) => each - p[i]), s.map((each, i) => each - p[i])];
  const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const length = hypotOf(normal) || 1;
  const towards = [-0.55, -0.35, 0.76];
  return Math.max(
    0,
    normal.reduce((sum, each, i) => sum + (each / length) * towards[i], 0),
  );
}
