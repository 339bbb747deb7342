import { dot, norm2 } from "../../linalg/vector.ts";
import { principalComponents } from "../principal-components.ts";

/** A path in parameter space, as its distances and turns, and as it lies in the plane that holds most of it. */
export interface PathGeometry {
  /** ‖θₖ − θ₀‖. */
  readonly fromStart: readonly number[];
  /** ‖θₖ − θ_end‖. */
  readonly toEnd: readonly number[];
  /** Of the step from k on with the step that led to k; null at the first, at the last, and where one has no length. */
  readonly cosines: readonly (number | null)[];
  readonly plane: PathPlane | null;
}

/** The plane of the first two principal components of a path, through its mean. */
export interface PathPlane {
  /** Share of the variance about the mean that each axis holds. */
  readonly shares: readonly [number, number];
  readonly points: readonly { readonly x: number; readonly y: number; readonly outside: number }[];
}

/** Numbers that are held at once for the plane: 1 GB, twice. */
const MOST_NUMBERS = 2 ** 27;

/**
 * Distances, turns and plane of a path of so many points. Cost: each point is asked for once, and of long paths through large
 * spaces four are held; the plane, which needs all of them, is null there, and where they span none.
 */
export function pathGeometry(count: number, pointAt: (k: number) => Float64Array): PathGeometry {
  const first = pointAt(0);
  const last = pointAt(count - 1);
  const holdsAll = count * first.length <= MOST_NUMBERS;
  const all: Float64Array[] = [];
  const fromStart: number[] = [];
  const toEnd: number[] = [];
  const cosines: (number | null)[] = Array.from({ length: count }, () => null);
  let before: Float64Array | undefined;
  let step: Float64Array | undefined;
  for (let k = 0; k < count; k++) {
    const here = k === 0 ? first : k === count - 1 ? last : pointAt(k);
    fromStart.push(norm2(difference(here, first)));
    toEnd.push(norm2(difference(here, last)));
    const next = before && difference(here, before);
    if (step && next) cosines[k - 1] = cosineOf(step, next);
    step = next;
    before = here;
    if (holdsAll) all.push(here);
  }
  return { fromStart, toEnd, cosines, plane: planeOf(all) };
}

function planeOf(points: readonly Float64Array[]): PathPlane | null {
  if (points.length < 3) return null;
  const { vectors, variances, total } = principalComponents(points);
  const [one, two] = vectors;
  if (two === undefined) return null;
  const mean = new Float64Array(one.length);
  for (const point of points) for (let i = 0; i < mean.length; i++) mean[i] += point[i] / points.length;
  return {
    shares: [variances[0] / total, variances[1] / total],
    points: points.map((point) => {
      const offset = difference(point, mean);
      const [x, y] = [dot(offset, one), dot(offset, two)];
      return { x, y, outside: Math.sqrt(Math.max(0, dot(offset, offset) - x * x - y * y)) };
    }),
  };
}

function difference(to: Float64Array, from: Float64Array): Float64Array {
  return to.map((x, i) => x - from[i]);
}

function cosineOf(a: Float64Array, b: Float64Array): number | null {
  const lengths = norm2(a) * norm2(b);
  return lengths === 0 ? null : dot(a, b) / lengths;
}
