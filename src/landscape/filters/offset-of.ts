import { forEachOffset, stridesOf } from "../../graph/broadcast.ts";
import { sizeOf } from "../../util/tensor.ts";
import type { MadeUnits } from "./made-units.ts";
import type { Meeting } from "./ways-of.ts";

/**
 * Which unit each element of a tensor is put to, where that is one for each and no other element has it: then it shifts or
 * scales units, however they have been moved since they were made (cut into heads, turned about). Undefined for what has
 * several numbers for a unit, as a table of positions.
 *
 * @param made the units where the tensor meets them
 * @returns for every element its unit
 */
export function unitsOfOffset({ node, places }: Meeting, made: MadeUnits | undefined): Int32Array | undefined {
  if (made === undefined || made.places.shape.join() !== node.shape.join()) return undefined;
  const size = sizeOf(places.shape);
  const unitOf = new Int32Array(size).fill(-1);
  const elementOf = new Map<number, number>();
  const lead = node.shape.length - places.shape.length;
  const own = stridesOf(places.shape);
  const strides = node.shape.map((_, axis) => (axis < lead || places.shape[axis - lead] === 1 ? 0 : own[axis - lead]));
  let isOneToOne = true;
  forEachOffset(node.shape, strides, 0, (position, offset) => {
    const [element, unit] = [places.data[offset] - 1, made.places.data[position] - 1];
    if (element < 0 || unit < 0) return;
    if (unitOf[element] >= 0 && unitOf[element] !== unit) isOneToOne = false;
    if ((elementOf.get(unit) ?? element) !== element) isOneToOne = false;
    unitOf[element] = unit;
    elementOf.set(unit, element);
  });
  return isOneToOne && unitOf.every((unit) => unit >= 0) ? unitOf : undefined;
}
