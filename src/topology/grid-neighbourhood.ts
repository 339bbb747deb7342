import type { Neighbourhood } from "./neighbourhood.ts";

/**
 * The points of a grid of any dimension, in rows (the last axis runs fastest): neighbours are one step apart along one axis, or,
 * with diagonals, at most one step along each.
 *
 * @example
 * const found: number[] = [];
 * gridNeighbourhood([2, 3]).each(0, (point) => found.push(point));
 * found; // [3, 1]
 */
export function gridNeighbourhood(shape: readonly number[], withDiagonals = false): Neighbourhood {
  const axes = shape.map((extent, i) => ({ extent, stride: shape.slice(i + 1).reduce((a, b) => a * b, 1) }));
  const along: Neighbourhood["each"] = (point, visit) => {
    for (const { extent, stride } of axes) {
      const place = Math.floor(point / stride) % extent;
      if (place > 0) visit(point - stride);
      if (place < extent - 1) visit(point + stride);
    }
  };
  const around: Neighbourhood["each"] = (point, visit) => {
    let near = [point];
    for (const { extent, stride } of axes) {
      const place = Math.floor(point / stride) % extent;
      near = near.flatMap((each) => [
        each,
        ...(place > 0 ? [each - stride] : []),
        ...(place < extent - 1 ? [each + stride] : []),
      ]);
    }
    for (const other of near) if (other !== point) visit(other);
  };
  return { points: shape.reduce((a, b) => a * b, 1), each: withDiagonals ? around : along };
}
