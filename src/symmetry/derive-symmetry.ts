import { forEachOffset, stridesOf } from "../graph/broadcast.ts";
import { tensorOf } from "../graph/leaf.ts";
import { reachable } from "../graph/traverse.ts";
import { type Gain, UnitDesk } from "../graph/unit-axes.ts";
import { boxesOf } from "../graph/unit-boxes.ts";
import { commonFreedom, type Freedom, isScaling, isWithin } from "../graph/unit-freedom.ts";
import type { UnitAxis, UnitFactor, UnitSlot } from "../graph/unit-slot.ts";
import type { Value } from "../graph/value.ts";
import { elementwiseUnits, multipliedUnits } from "../ops/elementwise-units.ts";
import type { NetworkSymmetry, PlacedTensor, Symmetry, UnitClass, UnitDimension, UnitTensor } from "./symmetry.ts";

/** What is looked at: the outputs of a network, and its parameters as they stand in a flat vector. */
export interface Network {
  readonly outputs: readonly Value[];
  readonly parameters: ReadonlyMap<string, Value>;
  readonly tensors: readonly PlacedTensor[];
}

/**
 * The symmetries of a network, read off its graph: which axes of which parameters may be sent through one map together,
 * and through which. Operations that say nothing of units hold theirs fixed: never wrong, only less free.
 *
 * Gains of normalisations stand in the way of rotations. Those that the weights behind them can take over are found
 * first; the symmetry is then that of the network whose gains are ones. A gain that they cannot take over, or not without
 * another one, is a weight like any other, and so may more of the rest be: walks go on until none is left out.
 *
 * Cost: a few walks over the graph, which compute nothing.
 *
 * @param within the largest group that is asked for
 * @param held gains that stay what they are
 */
export function deriveSymmetry(
  network: Network,
  { within = "general", held = new Set() }: { readonly within?: Freedom; readonly held?: ReadonlySet<string> } = {},
): NetworkSymmetry {
  const gains = gainsOf(network);
  // Without rotations, gains are units like any other.
  if (!isWithin("centred", within))
    return {
      within,
      held,
      symmetry: walk(network, () => undefined, within),
      gains: { classes: [], tensors: [], values: [] },
    };
  const reading = (names: ReadonlySet<string>, as: Gain["reading"]) => (node: object) => {
    const found = gains.get(node);
    return found && names.has(found.parameter) ? { operand: found.operand, reading: as } : undefined;
  };
  let names: ReadonlySet<string> = new Set([...gains.values()].map(({ parameter }) => parameter).filter(isFree));
  for (;;) {
    const cut = walk(network, reading(names, "cut"), "general");
    const absorbed = absorbable(cut, names);
    if (absorbed.size === names.size)
      return { within, held, symmetry: walk(network, reading(names, "ones"), within), gains: only(cut, names) };
    names = absorbed;
  }

  function isFree(name: string): boolean {
    return !held.has(name);
  }
}

/** Gains that are scales of one kind of units, and the only ones of these: two cannot both become ones. */
function absorbable({ tensors, classes }: Symmetry, names: ReadonlySet<string>): Set<string> {
  const gains = tensors.filter(({ name }) => names.has(name));
  const count = new Map<number, number>();
  for (const { dimensions } of gains)
    for (const units of unitsIn(dimensions)) count.set(units, (count.get(units) ?? 0) + 1);
  const isAlone = ({ dimensions }: UnitTensor) => {
    const [{ units } = { units: undefined }, ...others] = dimensions;
    if (units === undefined || others.length > 0 || !isScaling(classes[units].freedom)) return false;
    return count.get(units) === 1;
  };
  const staying = new Set(gains.filter((gain) => !isAlone(gain)).map(({ name }) => name));
  return new Set(gains.map(({ name }) => name).filter((name) => !staying.has(name)));
}

/** A product with a parameter that is nothing else. */
interface FoundGain {
  readonly operand: 0 | 1;
  readonly parameter: string;
}

/** Products that have a parameter as one factor, seen under another shape at most, and something that is computed as the other. */
function gainsOf({ outputs, parameters }: Network): ReadonlyMap<object, FoundGain> {
  const names = new Map([...parameters].map(([name, value]) => [value, name]));
  const isWeight = new Map<Value, boolean>();
  const gains = new Map<object, FoundGain>();
  const parameterOf = (value: Value): string | undefined => {
    let source = value;
    while (source.operation.view === true && source.operation.broadcasts !== true) [source] = source.inputs;
    return names.get(source);
  };
  for (const value of reachable(outputs)) {
    const { operation, inputs } = value;
    const areWeights = inputs.map((input) => isWeight.get(input) === true);
    const isMade = inputs.length > 0 && areWeights.every(Boolean);
    isWeight.set(value, names.has(value) || tensorOf(value) !== undefined || isMade);
    if (operation.units !== multipliedUnits || areWeights[0] === areWeights[1]) continue;
    const operand = areWeights[1] ? 1 : 0;
    const parameter = parameterOf(inputs[operand]);
    if (parameter !== undefined) gains.set(value, { operand, parameter });
  }
  return gains;
}

/** The classes that are scaled, and the tensors that they stand in. */
function only(symmetry: Symmetry, gains: ReadonlySet<string>): Symmetry {
  const classes = symmetry.classes.map((each) => (isScaling(each.freedom) ? each : undefined));
  const kept = classes.flatMap((each) => (each ? [each] : []));
  const numbers = new Map(kept.map((each, number) => [each, number]));
  const dimensionsOf = (dimensions: readonly UnitDimension[]) =>
    dimensions.map((each) => {
      const own = each.units === undefined ? undefined : classes[each.units];
      return { ...each, units: own && numbers.get(own) };
    });
  const tensors = symmetry.tensors.map((each) => ({
    ...each,
    dimensions: dimensionsOf(each.dimensions),
    isGain: gains.has(each.name),
  }));
  return {
    classes: kept.map((each) => ({ ...each, places: undefined })),
    tensors: tensors.filter(({ dimensions }) => dimensions.some(({ units }) => units !== undefined)),
    values: [],
  };
}

function walk(
  { outputs, parameters, tensors }: Network,
  gainOf: (node: object) => Gain | undefined,
  within: Freedom,
): Symmetry {
  const desk = new UnitDesk(gainOf);
  const isParameter = new Set(parameters.values());
  const known = new Map<Value, readonly UnitAxis[]>();
  for (const value of reachable(outputs)) known.set(value, axesOf(value, known, isParameter, desk));
  for (const output of outputs) for (const axis of known.get(output) ?? []) desk.allow(axis, "fixed");
  desk.settle();

  const slots = new Map<UnitSlot, number>();
  const freedoms: Freedom[] = [];
  const numbered = (slot: UnitSlot): number | undefined => {
    const freedom = commonFreedom(slot.freedom, within);
    if (freedom === "fixed") return undefined;
    const number = slots.get(slot) ?? slots.size;
    if (number === slots.size) freedoms.push(freedom);
    slots.set(slot, number);
    return number;
  };
  const partsOf = (axes: readonly UnitAxis[]) =>
    boxesOf(axes, ({ slot }) => slot !== undefined && commonFreedom(slot.freedom, within) !== "fixed").map(
      ({ offset, factors, strides }) => ({
        offset,
        dimensions: factors.map(({ extent, slot, dual }): UnitDimension => ({
          extent,
          units: slot && numbered(slot),
          dual,
        })),
        strides: isRowMajor(factors, strides) ? undefined : strides,
      }),
    );
  const placed = tensors.flatMap(({ name, offset, size }): UnitTensor[] => {
    const axes = known.get(parameters.get(name) ?? outputs[0]);
    if (!parameters.has(name) || axes === undefined)
      return [{ name, offset, dimensions: [{ extent: size, units: undefined, dual: false }] }];
    return partsOf(axes).map((part) => ({ ...part, name, offset: offset + part.offset }));
  });
  // What no parameter has is no unit of the network.
  const count = slots.size;
  const computed = [...known].flatMap(([value, axes]) =>
    isParameter.has(value) ? [] : [{ value, parts: partsOf(axes).map(({ dimensions }) => dimensions) }],
  );
  // Each class of a value that lies in parts shows in one of those that were joined.
  const values = computed.flatMap(({ value, parts: [dimensions, ...others] }) =>
    others.length === 0 ? [{ value, dimensions }] : [],
  );
  const inAll = [...placed.map(({ dimensions }) => dimensions), ...computed.flatMap(({ parts }) => parts)];
  const mixing = new Set([...slots].flatMap(([slot, number]) => (slot.mixes ? [number] : [])));
  const places = placesOf(inAll, freedoms, mixing);
  const outer = new Set(places.values());
  const classes = [...slots].slice(0, count).map(([{ extent }, number]): UnitClass => ({
    extent,
    freedom: outer.has(number) ? commonFreedom(freedoms[number], "permutation") : freedoms[number],
    places: places.get(number),
  }));
  const withinParameters = (dimensions: readonly UnitDimension[]) =>
    dimensions.map((each) => ({
      ...each,
      units: each.units !== undefined && each.units < count ? each.units : undefined,
    }));
  return {
    classes,
    tensors: placed,
    values: values.map(({ value, dimensions }) => ({ value, dimensions: withinParameters(dimensions) })),
  };
}

function isRowMajor(factors: readonly UnitFactor[], strides: readonly number[]): boolean {
  const natural = stridesOf(factors.map(({ extent }) => extent));
  return strides.every((stride, i) => stride === natural[i]);
}

function axesOf(
  value: Value,
  known: ReadonlyMap<Value, readonly UnitAxis[]>,
  isParameter: ReadonlySet<Value>,
  desk: UnitDesk,
): readonly UnitAxis[] {
  const { operation, inputs, shape } = value;
  if (isParameter.has(value)) return shape.map((extent) => desk.fresh(extent));
  const constant = tensorOf(value);
  if (constant)
    return shape.map((extent, axis) => (isAlikeAlong(constant, axis) ? desk.uniform(extent) : desk.fixed(extent)));
  const given = inputs.map((input) => known.get(input) ?? []);
  if (operation.units) return operation.units(value, given, desk);
  if (operation.elementwise === true) return elementwiseUnits(value, given, desk);
  for (const axis of given.flat()) desk.allow(axis, "fixed");
  return shape.map((extent) => desk.fixed(extent));
}

function isAlikeAlong(
  { shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  axis: number,
): boolean {
  const strides = stridesOf(shape).map((stride, each) => (each === axis ? 0 : stride));
  let isAlike = true;
  forEachOffset(shape, strides, 0, (position, offset) => {
    isAlike &&= Object.is(data[position], data[offset]);
  });
  return isAlike;
}

/**
 * For each class the one whose places may each have a map of their own: it stands beside the class wherever that stands,
 * once, and no operation lets its places meet.
 */
function placesOf(
  all: readonly (readonly UnitDimension[])[],
  freedoms: readonly Freedom[],
  mixing: ReadonlySet<number>,
): Map<number, number> {
  const found = new Map<number, number>();
  const outers = new Set<number>();
  // Where each class stands; looked through once, as there are many classes in many values.
  const standing = freedoms.map((): (readonly UnitDimension[])[] => []);
  const isTwice = new Set<number>();
  for (const dimensions of all) {
    const seen = unitsIn(dimensions);
    for (const units of seen) standing[units].push(dimensions);
    for (const units of seen) if (dimensions.filter((each) => each.units === units).length > 1) isTwice.add(units);
  }
  const isCandidate = (units: number) =>
    isWithin("permutation", freedoms[units]) && !mixing.has(units) && !isTwice.has(units);
  for (const inner of freedoms.keys()) {
    if (outers.has(inner) || standing[inner].length === 0) continue;
    // One that stands beside it everywhere stands beside it in the first place.
    const beside = [...unitsIn(standing[inner][0])].sort((a, b) => a - b);
    const outer = beside.find(
      (each) =>
        each !== inner &&
        isCandidate(each) &&
        !found.has(each) &&
        standing[inner].every((dimensions) => dimensions.some(({ units }) => units === each)),
    );
    if (outer === undefined) continue;
    found.set(inner, outer);
    outers.add(outer);
  }
  return found;
}

function unitsIn(dimensions: readonly UnitDimension[]): Set<number> {
  return new Set(dimensions.flatMap(({ units }) => (units === undefined ? [] : [units])));
}
