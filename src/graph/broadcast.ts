import { ThalwegError } from "../util/thalweg-error.ts";
import type { Shape } from "../util/tensor.ts";
import { maxOf } from "../util/extremes.ts";

/** The NumPy broadcast of shapes: right-aligned, extents equal or 1. */
export function broadcastShapes(op: string, ...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, maxOf(shapes.map((shape) => shape.length)));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const offset = rank - shape.length;
    shape.forEach((extent, axis) => {
      const current = result[offset + axis];
      if (current === 1) result[offset + axis] = extent;
      else if (extent !== 1 && extent !== current) {
        throw new ThalwegError({
          kind: "input",
          code: "shape-mismatch",
          message: `${op} cannot combine the shapes ${shapes.map((each) => `[${each.join(", ")}]`).join(" and ")}.`,
          where: { op },
        });
      }
    });
  }
  return result;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** An axis counted from the front, from one that may count from the back. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= Math.max(rank, 1)) {
    throw new ThalwegError({
      kind: "input",
      code: "bad-axis",
      message: `${op} was given axis ${axis} of a tensor with ${rank} ${rank === 1 ? "axis" : "axes"}.`,
      where: { op },
    });
  }
  return normal;
}

/**
 * Calls `visit(position, offset)` for every element of `shape` in row-major order, where the offset
 * walks a second array with the given strides (0 repeats an element) from `start`.
 */
export function forEachOffset(
  shape: Shape,
  strides: readonly number[],
  start: number,
  visit: (position: number, offset: number) => void,
): void {
  const rank = shape.length;
  if (shape.includes(0)) return;
  const index = new Array<number>(rank).fill(0);
  let offset = start;
  for (let position = 0; ; position++) {
    visit(position, offset);
    let axis = rank - 1;
    for (; axis >= 0; axis--) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
