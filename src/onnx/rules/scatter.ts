import { forEachOffset, normalizeAxis, stridesOf } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { add, mul, neg, sub } from "../../ops/arithmetic.ts";
import { flattenIndices, gather, scatterElementsAdd, scatterNDAdd } from "../../ops/gather.ts";
import { and, cast, equal, greater, less, mod, where } from "../../ops/logic.ts";
import { scatterElementsLargest } from "../../ops/scatter-largest.ts";
import { expand, reduceSum, reshape } from "../../ops/structure.ts";
import { sizeOf, type Shape, type Tensor } from "../../util/tensor.ts";
import { INT, oneOf, since } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { Doubt, OnnxRule } from "../rule.ts";
import { checkIndices, indexVectors, wrapped } from "./indexing.ts";

/** 0, 1, 2, … in a shape: the order in which updates are written. */
function writes(like: Value, shape: Shape): Value {
  return reshape(like.graph.integers(Array.from({ length: sizeOf(shape) }, (_, i) => i)), shape);
}

/** The number of the write that came last to each place of a shape, −1 where none came: numbers rise, so it is the largest. */
function lastWrites(numbers: Value, indices: Value, axis: number, shape: Shape): Value {
  return scatterElementsLargest(expand(numbers.graph.scalar(-1, "int64"), shape), numbers, indices, axis);
}

/** Rows of updates by the number of the write that came last, the data where none came. */
function lastWritten(data: Value, updates: Value, last: Value): Value {
  const hit = greater(last, -1);
  const picked = gather(updates, where(hit, last, 0), 0);
  return where(reshape(hit, [...hit.shape, ...data.shape.slice(hit.shape.length).map(() => 1)]), picked, data);
}

/** Writes that are told apart where indices come from the data: each is compared with every other along the axis. */
const MOST_FACTORS = 64;

/** The largest of numbers that are not negative. */
function largest({ data }: Tensor): number {
  let most = 0;
  for (const each of data) most = Math.max(most, each);
  return most;
}

/** How many writes to the same place come before each one, along an axis. */
function writesBefore(node: NodeContext, indices: Value, axis: number): Value {
  const { shape, graph } = indices;
  const constant = tensorOf(indices);
  if (constant) {
    const counts = new Map<number, number>();
    const data = new Float64Array(sizeOf(shape));
    const strides = stridesOf(shape);
    const lines = strides.map((stride, each) => (each === axis ? 0 : stride));
    const places = 1 + largest(constant);
    forEachOffset(shape, lines, 0, (position, line) => {
      const place = line * places + constant.data[position];
      const before = counts.get(place) ?? 0;
      data[position] = before;
      counts.set(place, before + 1);
    });
    return graph.constant({ dtype: "int64", shape, data });
  }
  const count = shape[axis];
  if (count > MOST_FACTORS)
    node.unsupported(
      `multiplies ${count} elements into places that the data choose; at most ${MOST_FACTORS} are supported`,
      "Export the model with constant indices, or with fewer of them.",
    );
  const one = [...shape.slice(0, axis), count, 1, ...shape.slice(axis + 1)];
  const other = [...shape.slice(0, axis), 1, count, ...shape.slice(axis + 1)];
  const aligned = (extents: Shape) => extents.map((extent, each) => (each === axis || each === axis + 1 ? extent : 1));
  const order = graph.integers(Array.from({ length: count }, (_, i) => i));
  const earlier = less(reshape(order, aligned(one)), reshape(order, aligned(other)));
  const same = and(equal(reshape(indices, one), reshape(indices, other)), earlier);
  return reshape(reduceSum(cast(same, "int64"), [axis]), shape);
}

/**
 * The data times what is written to each place: one factor of each place after the other, so that nothing is divided by
 * and zeros have their derivatives.
 */
function multiplied(data: Value, updates: Value, indices: Value, axis: number, before: Value): Value {
  const known = tensorOf(before);
  const rounds = known ? 1 + largest(known) : before.shape[axis];
  let product = data;
  for (let round = 0; round < rounds; round++) {
    const now = equal(before, round);
    const put = (x: Value) => scatterElementsAdd(x, indices, axis, data.shape);
    const written = greater(put(cast(now, "int64")), 0);
    product = mul(product, where(written, put(where(now, updates, 0)), 1));
  }
  return product;
}

/**
 * What is left open where single elements, or rows, are written more often than once: the standard forbids it without a
 * reduction. It is also what the sums of index_add and scatter_add become in files of PyTorch's exporter.
 */
function writtenTwice(node: NodeContext, indices: () => { places: Value; axis: number; shape: Shape }): Doubt {
  return {
    count: () => {
      const { places, axis, shape } = indices();
      const ones = expand(node.graph.scalar(1, "int64"), places.shape);
      const writes = scatterElementsAdd(ones, places, axis, shape);
      return sub(writes, cast(greater(writes, 0), "int64"));
    },
    text: (count) =>
      `${node.label} writes ${count === 1 ? "once" : `${count} times`} where it has written before, which ONNX leaves undefined without a reduction; here the last write stays. PyTorch's exporter loses the sum of index_add so, and that of scatter_add below opset 16: if the model has one, write it as scatter_add and export with opset 16 or later`,
  };
}

/** ScatterElements without a reduction; nothing to ask where it has one. */
function elementsTwice(node: NodeContext): Doubt {
  const data = node.input(0);
  const axis = normalizeAxis(node.node.op, node.int("axis", 0), data.shape.length);
  return writtenTwice(node, () => ({ places: wrapped(node.input(1), data.shape[axis]), axis, shape: data.shape }));
}

/** ScatterND without a reduction, by the numbers of the rows that it writes. */
function rowsTwice(node: NodeContext): Doubt {
  const { shape } = node.input(0);
  return writtenTwice(node, () => {
    const { rows, extents } = flattenIndices(shape, indexVectors(node, node.input(1), shape));
    return { places: reshape(rows, [sizeOf(rows.shape)]), axis: 0, shape: [sizeOf(extents)] };
  });
}

const isPlain = (node: NodeContext) => node.string("reduction", "none") === "none";

const REDUCTION = oneOf("none", "add", "mul", "max", "min");

function scatterND(node: NodeContext): Value {
  const [data, updates] = [node.input(0), node.input(2)];
  const indices = indexVectors(node, node.input(1), data.shape);
  const depth = indices.shape[indices.shape.length - 1];
  const expected = [...indices.shape.slice(0, -1), ...data.shape.slice(depth)];
  if (expected.join() !== updates.shape.join()) {
    node.fail(
      "shape-mismatch",
      `has updates of shape [${updates.shape.join(", ")}] where [${expected.join(", ")}] fits`,
    );
  }
  const mode = node.string("reduction", "none");
  if (mode === "add") return add(data, scatterNDAdd(updates, indices, data.shape));
  if (depth === 0) node.unsupported("writes by index vectors of length 0");
  const { rows, extents } = flattenIndices(data.shape, indices);
  const count = sizeOf(rows.shape);
  if (count === 0 || sizeOf(data.shape) === 0) return data;
  const rest = data.shape.slice(depth);
  const [flat, written] = [reshape(data, [sizeOf(extents), ...rest]), reshape(updates, [count, ...rest])];
  const row = reshape(rows, [count]);
  const spread = (x: Value) => expand(reshape(x, [count, ...rest.map(() => 1)]), [count, ...rest]);
  if (mode === "none") {
    // Of several writes to one place the last one stays, as the runtime writes them one after the other.
    const last = lastWrites(writes(data, [count]), row, 0, [sizeOf(extents)]);
    return reshape(lastWritten(flat, written, last), data.shape);
  }
  const before = mode === "mul" ? spread(writesBefore(node, row, 0)) : undefined;
  return reshape(combined(node, mode, flat, written, spread(row), 0, before), data.shape);
}

/** What stands at each place and what is written there, combined. */
function combined(
  node: NodeContext,
  mode: string,
  data: Value,
  updates: Value,
  indices: Value,
  axis: number,
  before?: Value,
): Value {
  switch (mode) {
    case "max":
      return scatterElementsLargest(data, updates, indices, axis);
    case "min":
      return neg(scatterElementsLargest(neg(data), neg(updates), indices, axis));
    default:
      return multiplied(data, updates, indices, axis, before ?? writesBefore(node, indices, axis));
  }
}

/** Single elements written by index along an axis; of several writes to one place the last one stays. */
export function written(data: Value, updates: Value, indices: Value, axis: number): Value {
  const count = sizeOf(indices.shape);
  if (count === 0) return data;
  const last = lastWrites(writes(data, indices.shape), indices, axis, data.shape);
  return lastWritten(data, reshape(updates, [count]), last);
}

function scatterElements(node: NodeContext, mode: string): Value {
  const [data, updates] = [node.input(0), node.input(2)];
  const axis = normalizeAxis("ScatterElements", node.int("axis", 0), data.shape.length);
  const indices = wrapped(node.input(1), data.shape[axis]);
  if (indices.shape.join() !== updates.shape.join())
    node.fail("shape-mismatch", "has indices and updates of different shapes");
  checkIndices(node, indices, data.shape[axis]);
  if (mode === "none") return written(data, updates, indices, axis);
  if (mode === "add") return add(data, scatterElementsAdd(updates, indices, axis, data.shape));
  return sizeOf(indices.shape) === 0 ? data : combined(node, mode, data, updates, indices, axis);
}

/** Rows written into a cache from a place on that each example has of its own, around its end where it is circular. */
function tensorScatter(node: NodeContext): Value {
  const [cache, update] = [node.input(0), node.input(1)];
  const axis = normalizeAxis("TensorScatter", node.int("axis", -2), cache.shape.length);
  if (axis === 0 || cache.shape.some((extent, each) => each !== axis && extent !== update.shape[each]))
    node.fail(
      "shape-mismatch",
      `writes [${update.shape.join(", ")}] into [${cache.shape.join(", ")}] along axis ${axis}`,
    );
  const along = (length: number, at: number) => cache.shape.map((_, each) => (each === at ? length : 1));
  const count = update.shape[axis];
  const steps = reshape(node.graph.integers(Array.from({ length: count }, (_, i) => i)), along(count, axis));
  const places = node.has(2) ? add(reshape(node.input(2), along(cache.shape[0], 0)), steps) : steps;
  const extent = cache.shape[axis];
  const isCircular = node.string("mode", "linear") === "circular";
  const indices = expand(isCircular ? mod(places, node.graph.scalar(extent, "int64")) : places, update.shape);
  checkIndices(node, indices, extent);
  return written(cache, update, indices, axis);
}

/** Operators that write into a copy of their first input, by index. */
export const SCATTERING: readonly OnnxRule[] = [
  {
    op: "ScatterND",
    attributes: { reduction: since(16, REDUCTION) },
    inputs: 3,
    slots: ["passes", "structural", "passes"],
    doubts: (node) => (isPlain(node) ? rowsTwice(node) : undefined),
    import: scatterND,
  },
  {
    op: "ScatterElements",
    attributes: { axis: INT, reduction: since(16, REDUCTION) },
    inputs: 3,
    slots: ["passes", "structural", "passes"],
    doubts: (node) => (isPlain(node) ? elementsTwice(node) : undefined),
    import: (node) => scatterElements(node, node.string("reduction", "none")),
  },
  {
    op: "Scatter",
    attributes: { axis: INT },
    inputs: 3,
    slots: ["passes", "structural", "passes"],
    doubts: elementsTwice,
    import: (node) => scatterElements(node, "none"),
  },
  {
    op: "TensorScatter",
    attributes: { axis: INT, mode: oneOf("linear", "circular") },
    inputs: 3,
    slots: ["passes", "passes", "structural"],
    import: tensorScatter,
  },
];
