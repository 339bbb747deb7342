import type { Filtration } from "./filtration.ts";

/** A class of homology from the level at which it appears to that at which it is filled. */
export interface Bar {
  /** 0 for components, 1 for loops, 2 for voids. */
  readonly dimension: number;
  readonly birth: number;
  /** +∞ for one that is never filled. */
  readonly death: number;
  /** The points with which the two cells enter that make and fill it. */
  readonly bornAt: number;
  readonly diesAt: number | undefined;
}

/**
 * The bars of a filtration in every dimension, over ℤ/2: the standard reduction of the boundary matrix, column by column from the
 * highest dimension down, so that columns known to become 0 are left out (Edelsbrunner, Letscher and Zomorodian 2002; Chen and Kerber
 * 2011). Pairs of one value have no length and are left out. Cost: cubic in the number of cells at worst, nearly linear on grids.
 */
export function persistentHomology({ dimensions, values, points, faces }: Filtration): Bar[] {
  const cells = dimensions.length;
  const top = dimensions.reduce((a, b) => Math.max(a, b), 0);
  /** The reduced column whose lowest one is in a row. */
  const reducedAt = new Map<number, Int32Array>();
  const killer = new Int32Array(cells).fill(-1);
  const isKiller = new Uint8Array(cells);
  for (let dimension = top; dimension > 0; dimension--) {
    for (let cell = 0; cell < cells; cell++) {
      if (dimensions[cell] !== dimension || killer[cell] !== -1) continue;
      let column = Int32Array.from(faces(cell));
      for (let low = column.at(-1); low !== undefined; low = column.at(-1)) {
        const other = reducedAt.get(low);
        if (other === undefined) {
          reducedAt.set(low, column);
          killer[low] = cell;
          isKiller[cell] = 1;
          break;
        }
        column = symmetricDifference(column, other);
      }
    }
    reducedAt.clear();
  }
  const bars: Bar[] = [];
  for (let cell = 0; cell < cells; cell++) {
    if (isKiller[cell] === 1) continue;
    const by = killer[cell];
    const [birth, death] = [values[cell], by === -1 ? Number.POSITIVE_INFINITY : values[by]];
    if (birth === death) continue;
    bars.push({
      dimension: dimensions[cell],
      birth,
      death,
      bornAt: points[cell],
      diesAt: by === -1 ? undefined : points[by],
    });
  }
  return bars;
}

/** Of two rising lists: what stands in one of them only. */
function symmetricDifference(a: Int32Array, b: Int32Array): Int32Array<ArrayBuffer> {
  const sum = new Int32Array(a.length + b.length);
  let [i, j, length] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    if (j === b.length || a[i] < b[j]) sum[length++] = a[i++];
    else if (i === a.length || b[j] < a[i]) sum[length++] = b[j++];
    else {
      i++;
      j++;
    }
  }
  return sum.subarray(0, length);
}
