import type { Block } from "./slope.ts";

/** The points on either side of 0. */
const SIDE = 2;

/** (k!)²/(2k)! for k = 3 and 4: what independent errors of variance 1 leave of the variance of a k-th difference. */
const [OF_THIRD, OF_FOURTH] = [1 / 20, 1 / 70];

/** What part of the elements must differ from one point to the next, lest all have been rounded alike. */
const DIFFERING = 0.5;

/** Distance of neighbouring points: up to where any f that changes at all has changed, by this factor from one try to the next. */
const LONGEST = 0.25;
const GROWTH = 8;

/**
 * The size of the rounding errors of a vector f near 0, block by block, as the length of a typical error: measured, for it
 * is that of what f adds up and not of what is left of it. Along a line, f at five points very near each other is
 * smooth to far less than its rounding, and what its third and fourth differences see is rounding (Moré & Wild,
 * Estimating computational noise, SIAM J. Sci. Comput. 33, 2011). Where f should have changed but most elements were rounded
 * alike, its grains are larger than that change, and the points are taken further apart. An f that never changes is no matter
 * of rounding; where f is not finite (undefined), no more is seen of it. Cost: four evaluations, and rarely more. Memory: their vectors.
 *
 * @param f0 f at 0
 * @param slopes the length of the slope of each block, as it is claimed to be
 * @param roundoff unit roundoff of the arithmetic, the least that rounding does
 *
 * @example
 * const f = async (h: number) => Float64Array.of(1e6 + h - 1e6);
 * await roundingNoise(f, Float64Array.of(0), [{ offset: 0, size: 1 }], [1], 2 ** -53); // about [3e-11]
 */
export async function roundingNoise(
  f: (h: number) => Promise<Float64Array | undefined>,
  f0: Float64Array,
  blocks: readonly Block[],
  slopes: readonly number[],
  roundoff: number,
): Promise<number[]> {
  const least = blocks.map(({ offset, size }) => roundoff * lengthOf([f0], offset, size));
  const noise = [...least];
  const swallowed = blocks.map(() => 0);
  let open = [...blocks.keys()];
  for (let spacing = Math.sqrt(roundoff) / 8; spacing <= LONGEST && open.length > 0; spacing *= GROWTH) {
    const rows: Float64Array[] = [];
    for (let k = -SIDE; k <= SIDE; k++) {
      const row = k === 0 ? f0 : await f(k * spacing);
      if (!row) return noise;
      rows.push(row);
    }
    const measured = noiseOf(rows, blocks);
    const alike: number[] = [];
    for (const b of open) {
      const change = 2 * SIDE * spacing * slopes[b];
      if (change > least[b] && partDiffering(rows, blocks[b]) < DIFFERING) {
        swallowed[b] = change;
        alike.push(b);
      } else noise[b] = Math.max(noise[b], measured[b], swallowed[b]);
    }
    open = alike;
  }
  return noise;
}

/** The most that differences of the third and fourth order say of each block. */
function noiseOf(rows: readonly Float64Array[], blocks: readonly Block[]): number[] {
  const [a, b, c, d, e] = rows;
  return blocks.map(({ offset, size }) => {
    let [third, fourth] = [0, 0];
    for (let j = offset; j < offset + size; j++) {
      // One order after the other: differences of near numbers are exact, where multiples of them are rounded.
      const [ab, bc, cd, de] = [b[j] - a[j], c[j] - b[j], d[j] - c[j], e[j] - d[j]];
      const [early, middle, late] = [bc - ab, cd - bc, de - cd];
      const [before, after] = [middle - early, late - middle];
      third += before ** 2 + after ** 2;
      fourth += (after - before) ** 2;
    }
    return Math.sqrt(Math.max((OF_THIRD * third) / 2, OF_FOURTH * fourth));
  });
}

function lengthOf(rows: readonly Float64Array[], offset: number, size: number): number {
  let square = 0;
  for (const row of rows) for (let j = offset; j < offset + size; j++) square += row[j] ** 2;
  return Math.sqrt(square);
}

/** Of the elements that are not zero at all points. */
function partDiffering(rows: readonly Float64Array[], { offset, size }: Block): number {
  let [differing, all] = [0, 0];
  for (let i = 1; i < rows.length; i++) {
    const [before, after] = [rows[i - 1], rows[i]];
    for (let j = offset; j < offset + size; j++) {
      if (before[j] === 0 && after[j] === 0) continue;
      all++;
      if (before[j] !== after[j]) differing++;
    }
  }
  return all === 0 ? 1 : differing / all;
}
