/** In which order points enter the sublevel sets of a function. */
export interface SublevelOrder {
  /** Points by value, and of equal values by number; those that are in no sublevel set are left out. */
  readonly order: Int32Array;
  /** The place of every point in that order; −1 for one that is in no sublevel set. */
  readonly rank: Int32Array;
}

/**
 * The total order of the points: without one, points of equal value would make bars that are not there.
 *
 * @param values of the points; NaN and +∞ are in no sublevel set
 *
 * @example
 * sublevelOrder([3, 1, 1, Infinity]).order; // [1, 2, 0]
 */
export function sublevelOrder(values: ArrayLike<number>): SublevelOrder {
  const present: number[] = [];
  for (let point = 0; point < values.length; point++) if (values[point] < Number.POSITIVE_INFINITY) present.push(point);
  const order = Int32Array.from(present).sort((a, b) => values[a] - values[b] || a - b);
  const rank = new Int32Array(values.length).fill(-1);
  order.forEach((point, place) => (rank[point] = place));
  return { order, rank };
}
