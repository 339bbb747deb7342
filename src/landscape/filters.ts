import { tensorOf } from "../graph/leaf.ts";
import { dependents, inputsOf, reachable } from "../graph/traverse.ts";
import type { UnitIndex, Value } from "../graph/value.ts";
import type { ParameterTensor } from "../problem/parameter-space.ts";
import type { Problem } from "../problem/problem.ts";
import { sizeOf, type Tensor } from "../util/tensor.ts";

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
  /** The weights that make the units which an offset belongs to; undefined for weights, and where the graph does not tell. */
  readonly source?: TensorFilters;
}

/**
 * The filters of every parameter, read from the graph. A filter is the weights of one unit: an output channel of a
 * convolution, an output of a linear layer whichever way its matrix is stored and transposed, a row of an embedding. Each
 * element is followed from its tensor through all that moves it (transpositions, reshapes, cuts) to where it meets data;
 * fused projections fall apart into their outputs that way. What meets data element by element is an offset where it is
 * one row of numbers, or one number for each unit of a layer whose outputs are seen in heads, and else a table, with the slices of its first axis for filters.
 *
 * Cost: each tensor is moved once, as the graph does it.
 */
export function filtersOf({ network, space }: Problem): TensorFilters[] {
  const { parameters } = network.imported;
  const { total } = network.graph;
  const order = reachable([total]);
  const trained = new Set(parameters.values());
  const fed = [...inputsOf([total]).values()].filter((input) => !trained.has(input));
  const ofData = dependents(order, fed);
  const ways = new Map(
    space.tensors.flatMap((tensor) => {
      const value = parameters.get(tensor.name);
      return value === undefined ? [] : [[tensor, followed(value, order, ofData)] as const];
    }),
  );
  const weights = new Map<Value, TensorFilters>();
  const own = new Map<ParameterTensor, TensorFilters>();
  for (const [tensor, { units }] of ways) {
    if (units === undefined) continue;
    const found = weightsOf(tensor, units.names);
    own.set(tensor, found);
    for (const node of units.nodes) weights.set(node, found);
  }
  return space.tensors.map((tensor) => {
    const known = own.get(tensor);
    if (known) return known;
    const meeting = ways.get(tensor)?.meeting;
    const offset = meeting && offsetOf(tensor, meeting, weights, ofData);
    if (offset) return offset;
    return isRow(tensor.shape) || (meeting && isRow(meeting.places.shape)) ? alone(tensor) : tableOf(tensor);
  });
}

/** Where the elements of a tensor come to lie, as their places plus one; 0 for what is none of them. */
type Places = Tensor;

interface Way {
  /** Nodes in which the elements are weights of units, and a number for the unit of each element. */
  readonly units: { readonly nodes: readonly Value[]; readonly names: Float64Array } | undefined;
  /** Where the elements meet data one by one. */
  readonly meeting: Meeting | undefined;
}

interface Meeting {
  readonly node: Value;
  readonly places: Places;
}

function followed(parameter: Value, order: readonly Value[], ofData: ReadonlySet<Value>): Way {
  const tracked = new Map<Value, Places>([[parameter, numbered(parameter)]]);
  const names = new Float64Array(sizeOf(parameter.shape)).fill(-1);
  const nodes: Value[] = [];
  let meeting: Meeting | undefined;
  for (const node of order) {
    for (const [i, input] of node.inputs.entries()) {
      const places = tracked.get(input);
      if (places === undefined) continue;
      const axes = node.operation.weightAxes?.(node, i);
      const meetsData = node.inputs.some((other) => ofData.has(other));
      if (axes !== undefined && meetsData) {
        nodes.push(node);
        nameUnits(names, places, axes, nodes.length - 1);
      } else if (ofData.has(node)) {
        if (node.operation.elementwise) meeting ??= { node, places };
      } else if (!tracked.has(node)) {
        const moved = movedBy(node, tracked);
        if (moved) tracked.set(node, moved);
      }
    }
  }
  return { units: nodes.length === 0 ? undefined : { nodes, names }, meeting };
}

function numbered({ shape }: Value): Places {
  return { dtype: "int64", shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => i + 1) };
}

/** Where the elements lie behind a node that no data enter: moved, or changed in place. */
function movedBy(node: Value, tracked: ReadonlyMap<Value, Places>): Places | undefined {
  const { operation, inputs, shape } = node;
  const given = inputs.map((input) => tracked.get(input));
  if (operation.moves) {
    const indices = inputs.map((input) => (input.dtype === "int64" ? tensorOf(input) : undefined));
    if (inputs.some(({ dtype }, i) => dtype === "int64" && indices[i] === undefined)) return undefined;
    const nothing = ({ shape: extents }: Value): Places => ({
      dtype: "int64",
      shape: extents,
      data: new Float64Array(sizeOf(extents)),
    });
    return operation.evaluate?.(
      inputs.map((input, i) => indices[i] ?? given[i] ?? nothing(input)),
      { dtype: "int64", shape },
    );
  }
  if (!operation.elementwise) return undefined;
  return given.find((places) => places?.shape.join() === shape.join());
}

/** Gives every element the name of its unit: the node and the indices along the axes, as one number. The first use of an element counts. */
function nameUnits(names: Float64Array, { shape, data }: Places, axes: readonly UnitIndex[], node: number): void {
  const parts = axes.map((each) => (typeof each === "number" ? { axis: each, groups: shape[each] } : each));
  const extents = parts.map(({ groups }) => groups);
  // Elements from one group to the next, and from one block of all groups to the next.
  const inner = parts.map(({ axis, groups }) => sizeOf(shape.slice(axis)) / groups);
  data.forEach((place, i) => {
    if (place === 0 || names[place - 1] >= 0) return;
    const unit = extents.reduce((name, extent, k) => name * extent + (Math.floor(i / inner[k]) % extent), 0);
    names[place - 1] = node * names.length + unit;
  });
}

/** Units by number, in the order in which the tensor first has them; what reaches no unit is one of its own. */
function weightsOf(tensor: ParameterTensor, names: Float64Array): TensorFilters {
  const known = new Map<number, number>();
  const filterOf = Int32Array.from(names, (name) => {
    const filter = known.get(name) ?? known.size;
    known.set(name, filter);
    return filter;
  });
  return { tensor, role: "weights", count: known.size, filterOf };
}

/** Whether all lies along one axis. */
function isRow(shape: readonly number[]): boolean {
  return shape.filter((extent) => extent > 1).length <= 1;
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

/** An offset of the units that weights before it make; undefined where between them units are mixed. */
function offsetOf(
  tensor: ParameterTensor,
  { node, places }: Meeting,
  weights: ReadonlyMap<Value, TensorFilters>,
  ofData: ReadonlySet<Value>,
): TensorFilters | undefined {
  const maker = makerOf(node, weights, ofData);
  const source = maker && weights.get(maker.node);
  if (maker === undefined || source === undefined) return undefined;
  const fromEnd = unitAxisOf(maker, ofData);
  const extent = fromEnd === undefined ? undefined : maker.node.shape.at(fromEnd);
  // The units of a stack of matrices, and of one that was cut, are named by more than their place along one axis.
  if (source.count !== extent || fromEnd === undefined) return undefined;
  if (tensor.size !== extent || sizeOf(places.shape) !== extent) return undefined;
  // Along the axis of the units; or, where that was cut, along the axes that it was cut into: the last ones, in order.
  const isAlongUnits = maker.isCut
    ? sizeOf(node.shape.slice(-rankOf(places))) === extent
    : places.shape.at(fromEnd) === extent;
  if (!isAlongUnits) return undefined;
  const filterOf = new Int32Array(tensor.size);
  places.data.forEach((place, unit) => (filterOf[place - 1] = unit));
  return { tensor, role: "offset", count: source.count, filterOf, source };
}

/** Axes without the first ones of extent 1. */
function rankOf({ shape }: Places): number {
  const first = shape.findIndex((extent) => extent > 1);
  return first < 0 ? 1 : shape.length - first;
}

interface Maker {
  readonly node: Value;
  /** Whether its last axis was then cut into several. */
  readonly isCut: boolean;
  /** Whether what it made was seen under another shape, whose last axis stayed or was cut. */
  readonly isReshaped: boolean;
}

/** The node behind which nothing but element by element happened to the units of weights. */
function makerOf(
  from: Value,
  weights: ReadonlyMap<Value, TensorFilters>,
  ofData: ReadonlySet<Value>,
): Maker | undefined {
  let [isReshaped, isCut] = [false, false];
  for (let node: Value | undefined = from; node;) {
    if (weights.has(node)) return { node, isReshaped, isCut };
    const { operation, shape, inputs }: Value = node;
    const last: number | undefined = operation.view === true ? inputs[0].shape.at(-1) : undefined;
    const cuts: boolean = last !== undefined && last !== shape.at(-1) && isTail(last, shape);
    const isView: boolean = last !== undefined && (cuts || last === shape.at(-1));
    if (!operation.elementwise && !isView) return undefined;
    isReshaped ||= isView;
    isCut ||= cuts;
    node = inputs.find((input) => ofData.has(input) && (isView || input.shape.join() === shape.join()));
  }
  return undefined;
}

/** Whether some of the last axes together have that extent. */
function isTail(extent: number, shape: readonly number[]): boolean {
  return shape.some((_, axis) => sizeOf(shape.slice(axis)) === extent);
}

/** The axis of the units of its weights, from the end; undefined where it is not known what became of it. */
function unitAxisOf({ node, isReshaped }: Maker, ofData: ReadonlySet<Value>): number | undefined {
  const { operation, inputs, shape } = node;
  const axis = operation.unitAxes?.find((each, i) => each !== undefined && !ofData.has(inputs[i]));
  if (axis === undefined) return undefined;
  const fromEnd = axis < 0 ? axis : axis - shape.length;
  return isReshaped && fromEnd !== -1 ? undefined : fromEnd;
}
