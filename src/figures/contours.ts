import { maxOf, minOf } from "../util/extremes.ts";

/** A function on a grid: rows follow y; null, NaN and ±∞ are no ground. */
export interface Relief {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly height: readonly (readonly (number | null)[])[];
}

/** A line of equal height. */
export interface Contour {
  readonly level: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/**
 * Lines of equal height by marching squares, each traced to its end: heights are interpolated linearly along the sides of
 * cells, a saddle cell is cut by the mean of its corners. Cells with a corner that is no ground have none.
 *
 * @example
 * contours({ x: [0, 1], y: [0, 1], height: [[0, 1], [0, 1]] }, [0.5])[0].points; // [[0.5, 0], [0.5, 1]]
 */
export function contours(relief: Relief, levels: readonly number[]): Contour[] {
  return levels.flatMap((level) => traced(segmentsAt(relief, level)).map((points) => ({ level, points })));
}

interface Crossing {
  /** Unique for a side of a cell: neighbours share it. */
  readonly side: number;
  readonly at: readonly [number, number];
}

type Segment = readonly [Crossing, Crossing];

function segmentsAt({ x, y, height }: Relief, level: number): Segment[] {
  const segments: Segment[] = [];
  const columns = x.length;
  const between = (a: number, b: number, from: number, to: number) => from + ((level - a) / (b - a)) * (to - from);
  for (let j = 0; j + 1 < y.length; j++) {
    for (let i = 0; i + 1 < columns; i++) {
      const corners = [height[j][i], height[j][i + 1], height[j + 1][i + 1], height[j + 1][i]];
      const [a, b, c, d] = corners.map((each) => each ?? Number.NaN);
      if (![a, b, c, d].every(Number.isFinite)) continue;
      const horizontal = (row: number) => 2 * (row * columns + i);
      const vertical = (column: number) => 2 * (j * columns + column) + 1;
      const isAbove = [a, b, c, d].map((each) => each >= level);
      const sides: (Crossing | undefined)[] = [
        isAbove[0] === isAbove[1] ? undefined : { side: horizontal(j), at: [between(a, b, x[i], x[i + 1]), y[j]] },
        isAbove[1] === isAbove[2]
          ? undefined
          : { side: vertical(i + 1), at: [x[i + 1], between(b, c, y[j], y[j + 1])] },
        isAbove[3] === isAbove[2]
          ? undefined
          : { side: horizontal(j + 1), at: [between(d, c, x[i], x[i + 1]), y[j + 1]] },
        isAbove[0] === isAbove[3] ? undefined : { side: vertical(i), at: [x[i], between(a, d, y[j], y[j + 1])] },
      ];
      const crossed = sides.filter((each): each is Crossing => each !== undefined);
      if (crossed.length === 2) segments.push([crossed[0], crossed[1]]);
      if (crossed.length === 4) {
        const [south, east, north, west] = crossed;
        const isJoined = (a + b + c + d) / 4 >= level === isAbove[0];
        segments.push([south, isJoined ? east : west], [north, isJoined ? west : east]);
      }
    }
  }
  return segments;
}

/** Segments put together where they share a side. */
function traced(segments: readonly Segment[]): (readonly [number, number])[][] {
  const meeting = new Map<number, Segment[]>();
  for (const segment of segments)
    for (const { side } of segment) meeting.set(side, [...(meeting.get(side) ?? []), segment]);
  const open = new Set(segments);
  const walk = (from: Crossing, points: (readonly [number, number])[]): void => {
    for (let at: Crossing | undefined = from; at;) {
      const { side }: Crossing = at;
      const next: Segment | undefined = meeting.get(side)?.find((each) => open.has(each));
      if (next === undefined) return;
      open.delete(next);
      at = next[0].side === side ? next[1] : next[0];
      points.push(at.at);
    }
  };
  const lines: (readonly [number, number])[][] = [];
  // Lines that end at the edge begin there; what is left is closed.
  const ends = segments.filter((segment) => segment.some(({ side }) => meeting.get(side)?.length === 1));
  for (const segment of [...ends, ...segments]) {
    if (!open.has(segment)) continue;
    const first = segment.find(({ side }) => meeting.get(side)?.length === 1) ?? segment[0];
    const points = [first.at];
    walk(first, points);
    lines.push(points);
  }
  return lines;
}

/** Heights beyond this many times the lowest one ask for levels in powers. */
const DECADES = 30;

/** Levels of a scale, and how it rises. */
export interface Levels {
  readonly values: readonly number[];
  readonly isLogarithmic: boolean;
}

/**
 * About `count` round levels between the lowest and the highest ground: evenly spaced (1, 2 or 5 times a power of ten), or
 * in 1, 2, 5, 10, … where heights are positive and span more than a decade and a half.
 *
 * @example
 * contourLevels([0.1, 0.9], 8).values; // [0.2, 0.3, … 0.8]
 */
export function contourLevels(heights: readonly number[], count: number): Levels {
  const [low, high] = [minOf(heights), maxOf(heights)];
  if (!(high > low)) return { values: [], isLogarithmic: false };
  const isLogarithmic = low > 0 && high / low > DECADES;
  if (isLogarithmic) {
    const decades = Math.log10(high / low);
    const series = decades * 3 <= 1.5 * count ? [1, 2, 5] : decades <= 1.5 * count ? [1] : [];
    const stride = Math.max(1, Math.ceil(decades / count));
    const first = Math.floor(Math.log10(low));
    const last = Math.ceil(Math.log10(high));
    const exponents = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const values =
      series.length > 0
        ? exponents.flatMap((exponent) => series.map((digit) => Number(`${digit}e${exponent}`)))
        : exponents.filter((exponent) => exponent % stride === 0).map((exponent) => Number(`1e${exponent}`));
    return { values: values.filter((each) => each > low && each < high), isLogarithmic };
  }
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((digit) => digit * power >= rough) ?? 10);
  const from = Math.floor(low / step) + 1;
  const values = Array.from({ length: Math.max(0, Math.ceil(high / step) - from) }, (_, i) =>
    Number(((from + i) * step).toPrecision(12)),
  );
  return { values, isLogarithmic };
}
