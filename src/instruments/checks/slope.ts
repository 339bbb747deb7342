import { distance } from "../../linalg/vector.ts";

/** A stretch of a vector: what is judged by itself. */
export interface Block {
  readonly offset: number;
  readonly size: number;
}

/** A slope by central differences, and how far differences at neighbouring steps disagree about it. */
export interface Slope {
  readonly value: Float64Array;
  readonly uncertainty: number;
  readonly step: number;
}

/** How the slope is looked for, block by block. */
export interface SlopeOptions {
  /** In the order in which they are tried. */
  readonly steps: readonly number[];
  /** The uncertainty, as a length, below which no more steps are tried. */
  readonly enough: readonly number[];
  /** What rounding may change in f, as a length. */
  readonly rounding: readonly number[];
}

/**
 * The slope of a vector f at 0, block by block. Rounding spoils short steps, curvature and kinks long ones, so no step is
 * trusted by itself: the two neighbouring steps that agree best give the slope, and the length of their difference its
 * uncertainty, with what rounding of f may do to both alike. A step at which f is not finite (undefined) tells nothing: f ends
 * there, as a logarithm does. Cost: two evaluations a step. Memory: some six vectors, whatever the number of steps.
 *
 * @example
 * const f = async (h: number) => Float64Array.of(Math.sin(h));
 * const all = [{ offset: 0, size: 1 }];
 * await slopesOf(f, all, { steps: [1e-4, 1e-5], enough: [1e-6], rounding: [0] }); // 1 ± 1.7e-9
 */
export async function slopesOf(
  f: (h: number) => Promise<Float64Array | undefined>,
  blocks: readonly Block[],
  { steps, enough, rounding }: SlopeOptions,
): Promise<Slope[]> {
  /** Slopes that a neighbouring step is still to be compared with. */
  const found = new Map<number, Float64Array>();
  const tried = new Set<number>();
  const ladder = steps.toSorted((a, b) => a - b);
  const best = blocks.map(({ size }): Slope => ({
    value: new Float64Array(size).fill(Number.NaN),
    uncertainty: Number.POSITIVE_INFINITY,
    step: steps[0],
  }));
  for (const h of steps) {
    tried.add(h);
    const [ahead, behind] = [await f(h), await f(-h)];
    if (!ahead || !behind) continue;
    found.set(
      h,
      ahead.map((x, i) => (x - behind[i]) / (2 * h)),
    );
    const place = ladder.indexOf(h);
    for (const [shorter, longer] of [
      [place - 1, place],
      [place, place + 1],
    ]) {
      const [low, high] = [found.get(ladder[shorter]), found.get(ladder[longer])];
      if (low === undefined || high === undefined) continue;
      for (const [b, { offset, size }] of blocks.entries()) {
        const value = low.subarray(offset, offset + size);
        const other = high.subarray(offset, offset + size);
        const uncertainty = distance(value, other) + rounding[b] / ladder[shorter];
        if (!(uncertainty < best[b].uncertainty)) continue;
        best[b].value.set(value);
        best[b] = { ...best[b], uncertainty, step: ladder[shorter] };
      }
    }
    if (best.every(({ uncertainty }, b) => uncertainty <= enough[b])) break;
    for (const each of found.keys()) {
      const at = ladder.indexOf(each);
      if ([ladder[at - 1], ladder[at + 1]].every((next) => next === undefined || tried.has(next))) found.delete(each);
    }
  }
  return best;
}
