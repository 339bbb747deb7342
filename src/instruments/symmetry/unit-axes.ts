import type { ParameterSpace, ParameterTensor } from "../../problem/parameter-space.ts";
import type { Exponents } from "./scaling-exponents.ts";

/** Where the units of a hidden layer sit in one tensor: entry e belongs to unit ⌊e / stride⌋ mod (units · repeat) / repeat. */
export interface UnitPlace {
  readonly tensor: ParameterTensor;
  /** Exponent of the tensor in the scaling of the whole layer. */
  readonly exponent: number;
  /** Elements between two steps along the axis. */
  readonly stride: number;
  /** Extent of the axis. */
  readonly extent: number;
  /** Entries of the axis that belong to one unit, one after the other: positions after a Flatten. */
  readonly repeat: number;
}

/** A guess at which coordinates belong to which unit of a hidden layer. */
export interface UnitLayout {
  readonly units: number;
  readonly places: readonly UnitPlace[];
}

/** The unit that a coordinate of a place belongs to. */
export function unitOf({ stride, extent, repeat }: UnitPlace, index: number): number {
  return Math.floor((Math.floor(index / stride) % extent) / repeat);
}

/** More guesses than this are not tried. */
const MOST_LAYOUTS = 24;

/**
 * Guesses at the units behind a scaling of whole tensors: tensors with a positive exponent make the
 * units (the layer's weights and bias), those with a negative one read them. Whoever uses a layout
 * verifies it on the loss.
 */
export function unitLayouts(space: ParameterSpace, exponents: Exponents): UnitLayout[] {
  const members = space.tensors.filter(({ name }) => exponents.has(name));
  const counts = new Set(members.filter(({ name }) => (exponents.get(name) ?? 0) > 0).flatMap(({ shape }) => shape));
  const layouts: UnitLayout[] = [];
  for (const units of [...counts].filter((count) => count > 1).toSorted((a, b) => a - b)) {
    const choices = members.map((tensor) => placesIn(tensor, exponents.get(tensor.name) ?? 0, units));
    if (choices.some((places) => places.length === 0)) continue;
    let layoutsHere: UnitPlace[][] = [[]];
    for (const places of choices)
      layoutsHere = layoutsHere.flatMap((before) => places.map((place) => [...before, place]));
    for (const each of layoutsHere.slice(0, MOST_LAYOUTS).map((places) => ({ units, places }))) layouts.push(each);
  }
  return layouts.slice(0, MOST_LAYOUTS);
}

function placesIn(tensor: ParameterTensor, exponent: number, units: number): UnitPlace[] {
  const places: UnitPlace[] = [];
  let stride = 1;
  for (let axis = tensor.shape.length - 1; axis >= 0; axis--) {
    const extent = tensor.shape[axis];
    const whole = extent === units;
    // Only a reader of units can meet them spread over positions.
    if (whole || (exponent < 0 && extent > units && extent % units === 0)) {
      places.push({ tensor, exponent, stride, extent, repeat: extent / units });
    }
    stride *= extent;
  }
  return places;
}

/** The exponent of every coordinate when unit u is scaled with the exponent `weights[u]`. */
export function unitGenerator(space: ParameterSpace, { places }: UnitLayout, weights: ArrayLike<number>): Float64Array {
  const generator = new Float64Array(space.dimension);
  for (const place of places) {
    const { offset, size } = place.tensor;
    for (let i = 0; i < size; i++) generator[offset + i] = place.exponent * weights[unitOf(place, i)];
  }
  return generator;
}

/** The parameters with units exchanged: unit u takes the place of unit order[u]. */
export function permuteUnits(point: Float64Array, { places }: UnitLayout, order: ArrayLike<number>): Float64Array {
  const moved = Float64Array.from(point);
  for (const place of places) {
    const { offset, size } = place.tensor;
    for (let i = 0; i < size; i++) {
      const unit = unitOf(place, i);
      moved[offset + i + (order[unit] - unit) * place.repeat * place.stride] = point[offset + i];
    }
  }
  return moved;
}
