import { norm2 } from "../../linalg/vector.ts";

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
  /** By how much the slopes ahead and behind differ at this step: at a kink it does not go down with the step. */
  readonly bend: number;
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

/** What one step gave. */
interface Difference {
  readonly value: Float64Array;
  readonly bends: readonly number[];
}

/**
 * The slope of a vector f at 0, block by block. Rounding spoils short steps, curvature and kinks long ones, so no step is
 * trusted by itself: the two neighbouring steps that agree best give the slope, and the length of their difference its
 * uncertainty, with what rounding of f may do to both alike. Cost: two evaluations a step.
 *
 * @param f0 f at 0
 *
 * @example
 * const f = async (h: number) => Float64Array.of(Math.sin(h));
 * const all = [{ offset: 0, size: 1 }];
 * await slopesOf(f, f0, all, { steps: [1e-4, 1e-5], enough: [1e-6], rounding: [0] }); // 1 ± 1.7e-9
 */
export async function slopesOf(
  f: (h: number) => Promise<Float64Array>,
  f0: Float64Array,
  blocks: readonly Block[],
  { steps, enough, rounding }: SlopeOptions,
): Promise<Slope[]> {
  const found = new Map<number, Difference>();
  const ladder = steps.toSorted((a, b) => a - b);
  const best = blocks.map(({ size }): Slope => ({
    value: new Float64Array(size).fill(Number.NaN),
    uncertainty: Number.POSITIVE_INFINITY,
    step: steps[0],
    bend: Number.POSITIVE_INFINITY,
  }));
  for (const h of steps) {
    found.set(h, await difference(f, f0, blocks, h));
    const place = ladder.indexOf(h);
    for (const [shorter, longer] of [
      [place - 1, place],
      [place, place + 1],
    ]) {
      const [low, high] = [found.get(ladder[shorter]), found.get(ladder[longer])];
      if (low === undefined || high === undefined) continue;
      for (const [b, { offset, size }] of blocks.entries()) {
        const value = low.value.subarray(offset, offset + size);
        const other = high.value.subarray(offset, offset + size);
        const uncertainty = norm2(value.map((x, i) => x - other[i])) + rounding[b] / ladder[shorter];
        if (uncertainty < best[b].uncertainty)
          best[b] = { value, uncertainty, step: ladder[shorter], bend: low.bends[b] };
      }
    }
    if (best.every(({ uncertainty }, b) => uncertainty <= enough[b])) break;
  }
  return best;
}

async function difference(
  f: (h: number) => Promise<Float64Array>,
  f0: Float64Array,
  blocks: readonly Block[],
  h: number,
): Promise<Difference> {
  const ahead = await f(h);
  const behind = await f(-h);
  const value = ahead.map((x, i) => (x - behind[i]) / (2 * h));
  const bends = blocks.map(({ offset, size }) => {
    const bend = ahead.slice(offset, offset + size);
    for (let i = 0; i < size; i++) bend[i] += behind[offset + i] - 2 * f0[offset + i];
    return norm2(bend) / h;
  });
  return { value, bends };
}
