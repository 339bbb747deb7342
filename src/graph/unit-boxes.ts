import {
  extentOf,
  leavesOf,
  resolvedAxis,
  stretchesOf,
  uniformAxis,
  type UnitAxis,
  type UnitFactor,
} from "./unit-slot.ts";

/** A part of a tensor along each of whose factors there are units of one class. */
export interface UnitBox {
  /** Where it begins in the tensor. */
  readonly offset: number;
  readonly factors: readonly UnitFactor[];
  /** From one unit of a factor to the next. */
  readonly strides: readonly number[];
}

/**
 * The boxes that a tensor falls into where stretches lie one behind the other along its axes; one where none do, or
 * where none of them moves.
 *
 * @param axes those of the tensor, in row-major order
 */
export function boxesOf(axes: readonly UnitAxis[], moves: (factor: UnitFactor) => boolean): UnitBox[] {
  let boxes: UnitBox[] = [{ offset: 0, factors: [], strides: [] }];
  let stride = axes.reduce((product, axis) => product * extentOf(axis), 1);
  for (const factor of axes.flatMap((axis) => resolvedAxis(axis))) {
    stride /= factor.extent;
    const parts = partsOf(factor, moves);
    const step = stride;
    boxes = boxes.flatMap((box) =>
      parts.map((part) => ({
        offset: box.offset + step * part.offset,
        factors: [...box.factors, ...part.factors],
        strides: [...box.strides, ...part.strides.map((each) => step * each)],
      })),
    );
  }
  return boxes;
}

function partsOf(factor: UnitFactor, moves: (factor: UnitFactor) => boolean): UnitBox[] {
  const stretches = stretchesOf(factor);
  if (!stretches) return [{ offset: 0, factors: [factor], strides: [1] }];
  if (!leavesOf([factor]).some(moves)) return [{ offset: 0, factors: uniformAxis(factor.extent), strides: [1] }];
  let start = 0;
  return stretches.flatMap((stretch) => {
    const from = start;
    start += extentOf(stretch);
    return boxesOf([stretch], moves).map((box) => ({ ...box, offset: from + box.offset }));
  });
}
