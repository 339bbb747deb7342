import { dependents, inputsOf, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import type { ParameterTensor } from "../problem/parameter-space.ts";
import type { Problem } from "../problem/problem.ts";
import { type HeadName, headsAt, multipliesComputed } from "./filters/heads.ts";
import { followUnits } from "./filters/made-units.ts";
import { unitsOfOffset } from "./filters/offset-of.ts";
import { filtersByUnit, unitsOf, type Use, type Way, wayOf } from "./filters/ways-of.ts";
import { isVector } from "../onnx/written-values.ts";

/** Filters in heads. */
export interface Heads {
  /** Heads, and filters in none, each for itself. */
  readonly count: number;
  /** How many of them are heads. */
  readonly ofSeveral: number;
  /** Which of them each filter is in. */
  readonly headOf: Int32Array;
}

/** What one tensor of parameters is made of. */
export interface TensorFilters {
  readonly tensor: ParameterTensor;
  /**
   * Weights have filters of their own. An offset shifts or scales units that the weights of others make: a bias, the gain
   * of a normalisation.
   */
  readonly role: "weights" | "offset";
  /** How many filters it has parts in. */
  readonly count: number;
  /** The filter of every element, 0 … count − 1: of this tensor's own, or of `source`'s. */
  readonly filterOf: Int32Array;
  /** Filters that go together as the units of an attention head do; undefined where none do. */
  readonly heads?: Heads;
  /** The weights that make the units which an offset belongs to; undefined for weights, and where the graph does not tell. */
  readonly source?: TensorFilters;
}

/**
 * The filters of every parameter, read from the graph. A filter is the weights of one unit: an output channel of a
 * convolution, an output of a linear layer whichever way its matrix is stored and transposed, a row of an embedding. Each
 * element is followed from its tensor through all that moves it (transpositions, reshapes, cuts) to where it meets data;
 * fused projections fall apart into their outputs that way. What meets data element by element is an offset where it is
 * one row of numbers, or one number for each unit of weights before it, however their units were cut into heads and turned
 * about on the way; else it is a table, with the slices of its first axis for filters. Units that enter a product of two
 * things that were computed, as queries, keys and values do, are told by the head that they stand in.
 *
 * Cost: each tensor is moved once, as the graph does it, and the units of one example where a batch of one can be had.
 */
export function filtersOf(problem: Problem): TensorFilters[] {
  const { space, options } = problem;
  const { imported, graph } = problem.point.networkOf(
    problem.takesBatch(1) ? 1 : Math.min(options.batchSize, problem.examples),
  );
  const order = reachable([graph.total]);
  const trained = new Set(imported.parameters.values());
  const fed = [...inputsOf([graph.total]).values()].filter((input) => !trained.has(input));
  const ofData = dependents(order, fed);
  const ways = new Map<ParameterTensor, Way>();
  for (const tensor of space.tensors) {
    const value = imported.parameters.get(tensor.name);
    if (value) ways.set(tensor, wayOf(value, order, ofData));
  }
  const own = new Map<ParameterTensor, OwnFilters>();
  const makers = new Map<Value, Maker>();
  for (const [tensor, way] of ways) {
    if (way.uses.length === 0) continue;
    const filters: OwnFilters = { tensor, role: "weights", ...unitsOf(way) };
    own.set(tensor, filters);
    for (const use of way.uses) {
      const maker = { use, filters, filterOf: filtersByUnit(use, filters.filterOf) };
      makers.set(use.node, maker);
    }
  }
  const { headsOf, offsets } = walk(order, ofData, makers, ways);
  for (const filters of own.values()) filters.heads = inHeads(filters.count, headsOf.get(filters) ?? new Map());
  return space.tensors.map((tensor) => {
    const known = own.get(tensor);
    if (known) return known;
    const offset = offsets.get(tensor);
    if (offset) return offsetOf(tensor, offset);
    const meeting = ways.get(tensor)?.meeting;
    return isVector(tensor.shape) || (meeting && isVector(meeting.places.shape)) ? alone(tensor) : tableOf(tensor);
  });
}

interface OwnFilters extends TensorFilters {
  heads?: Heads;
}

/** Weights that make units at a node. */
interface Maker {
  readonly use: Use;
  readonly filters: OwnFilters;
  /** The filter of each unit. */
  readonly filterOf: ReadonlyMap<number, number>;
}

/** Units that a tensor is put to, one element each, and what made them; undefined where they are not of its weights alone. */
interface Offset {
  readonly unitOf: Int32Array;
  readonly maker: Maker | undefined;
}

function walk(
  order: readonly Value[],
  ofData: ReadonlySet<Value>,
  makers: ReadonlyMap<Value, Maker>,
  ways: ReadonlyMap<ParameterTensor, Way>,
): {
  /** The head of each filter that is in one. */
  readonly headsOf: ReadonlyMap<OwnFilters, Map<number, HeadName>>;
  readonly offsets: ReadonlyMap<ParameterTensor, Offset>;
} {
  const headsOf = new Map<OwnFilters, Map<number, HeadName>>();
  const offsets = new Map<ParameterTensor, Offset>();
  const meeting = new Map<Value, ParameterTensor[]>();
  for (const [tensor, way] of ways) {
    if (way.meeting === undefined || way.uses.length > 0) continue;
    meeting.set(way.meeting.node, [...(meeting.get(way.meeting.node) ?? []), tensor]);
  }
  const inputs = new Map([...makers].map(([node, { use }]) => [node, use.input]));
  followUnits(order, ofData, inputs, (node, given, made) => {
    for (const tensor of meeting.get(node) ?? []) {
      const way = ways.get(tensor)?.meeting;
      const unitOf = way && unitsOfOffset(way, made);
      if (made && unitOf) offsets.set(tensor, { unitOf, maker: made.isShared ? undefined : makers.get(made.maker) });
    }
    if (!multipliesComputed(node, ofData)) return;
    given.forEach((units, input) => {
      const maker = units && !units.isShared ? makers.get(units.maker) : undefined;
      if (units === undefined || maker === undefined) return;
      const heads = headsOf.get(maker.filters) ?? new Map<number, HeadName>();
      headsOf.set(maker.filters, heads);
      for (const [unit, head] of headsAt(node, input, units)) {
        const filter = maker.filterOf.get(unit);
        if (filter !== undefined && !heads.has(filter)) heads.set(filter, head);
      }
    });
  });
  return { headsOf, offsets };
}

/** Heads by number, in the order of their first filters. */
function inHeads(count: number, names: ReadonlyMap<number, HeadName>): Heads | undefined {
  if (names.size === 0) return undefined;
  const known = new Map<HeadName, number>();
  const headOf = Int32Array.from({ length: count }, (_, filter) => {
    const name = names.get(filter) ?? `alone ${filter}`;
    const head = known.get(name) ?? known.size;
    known.set(name, head);
    return head;
  });
  return { count: known.size, ofSeveral: new Set(names.values()).size, headOf };
}

function tableOf(tensor: ParameterTensor): TensorFilters {
  const first = tensor.shape.findIndex((extent) => extent > 1);
  const count = tensor.shape[first];
  const width = tensor.size / count;
  return {
    tensor,
    role: "weights",
    count,
    filterOf: Int32Array.from({ length: tensor.size }, (_, i) => Math.floor(i / width)),
  };
}

function alone(tensor: ParameterTensor): TensorFilters {
  return { tensor, role: "offset", count: 1, filterOf: new Int32Array(tensor.size) };
}

/** An offset of units, with the filters of the weights that make them where those are known. */
function offsetOf(tensor: ParameterTensor, { unitOf, maker }: Offset): TensorFilters {
  const filterOf = Int32Array.from(unitOf, (unit) => maker?.filterOf.get(unit) ?? -1);
  if (maker === undefined || filterOf.includes(-1)) return alone(tensor);
  const { filters } = maker;
  return { tensor, role: "offset", count: filters.count, filterOf, heads: filters.heads, source: filters };
}
