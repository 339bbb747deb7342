import type { Filtration } from "./filtration.ts";
import { sublevelOrder } from "./sublevel-order.ts";

/**
 * The lower-star filtration of a grid: points, edges, squares, cubes, each entering with the highest of its points; of those that
 * enter with one point, the smaller dimensions first, then the order of the doubled grid. A cell that has a point in no sublevel set
 * is in none.
 *
 * A cell is a place in the doubled grid: along each axis even for a point, odd for the edge behind it.
 *
 * @param values in rows (the last axis runs fastest)
 */
export function gridFiltration(values: ArrayLike<number>, shape: readonly number[]): Filtration {
  const { rank } = sublevelOrder(values);
  const axes = shape.map((extent, i) => ({
    extent: 2 * extent - 1,
    stride: shape.slice(i + 1).reduce((a, b) => a * (2 * b - 1), 1),
    pointStride: shape.slice(i + 1).reduce((a, b) => a * b, 1),
  }));
  const all = axes.reduce((product, { extent }) => product * extent, 1);
  const place = (cell: number, { extent, stride }: (typeof axes)[number]) => Math.floor(cell / stride) % extent;

  const dimensionOf = new Uint8Array(all);
  /** The point with which a cell enters; −1 where it never does. */
  const entersWith = new Int32Array(all);
  for (let cell = 0; cell < all; cell++) {
    let corners = [0];
    for (const axis of axes) {
      const at = place(cell, axis);
      const first = (at >> 1) * axis.pointStride;
      const isEdge = (at & 1) === 1;
      if (isEdge) dimensionOf[cell]++;
      corners = corners.flatMap((corner) =>
        isEdge ? [corner + first, corner + first + axis.pointStride] : [corner + first],
      );
    }
    entersWith[cell] = corners.some((corner) => rank[corner] === -1)
      ? -1
      : corners.reduce((a, b) => (rank[b] > rank[a] ? b : a));
  }
  const present: number[] = [];
  for (let cell = 0; cell < all; cell++) if (entersWith[cell] !== -1) present.push(cell);
  const cells = Int32Array.from(present).sort(
    (a, b) => rank[entersWith[a]] - rank[entersWith[b]] || dimensionOf[a] - dimensionOf[b] || a - b,
  );
  const order = new Int32Array(all).fill(-1);
  cells.forEach((cell, i) => (order[cell] = i));
  return {
    dimensions: Uint8Array.from(cells, (cell) => dimensionOf[cell]),
    values: Float64Array.from(cells, (cell) => values[entersWith[cell]]),
    points: cells.map((cell) => entersWith[cell]),
    faces(cell) {
      const at = cells[cell];
      return axes
        .flatMap((axis) => ((place(at, axis) & 1) === 1 ? [order[at - axis.stride], order[at + axis.stride]] : []))
        .sort((a, b) => a - b);
    },
  };
}
