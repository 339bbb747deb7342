import { forEachOffset, normalizeAxis, stridesOf } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { add, sub } from "../../ops/arithmetic.ts";
import { gather, gatherElements, gatherND } from "../../ops/gather.ts";
import { cast, equal, less, where } from "../../ops/logic.ts";
import { concat, sliceAxis, strided } from "../../ops/movement.ts";
import { expand, reshape } from "../../ops/structure.ts";
import { isFloat, sizeOf, type Shape } from "../../util/tensor.ts";
import { FLAG, INT, since } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/** Indices counted from the front: negative ones are taken from the end of an axis. */
export function wrapped(indices: Value, extent: Value | number): Value {
  const known = tensorOf(indices);
  if (known && known.data.every((index) => index >= 0)) return indices;
  return where(less(indices, 0), add(indices, extent), indices);
}

/** Constant indices must lie inside the axis. */
export function checkIndices(node: NodeContext, indices: Value, extent: number): void {
  const bad = tensorOf(indices)?.data.find((index) => index < 0 || index >= extent || !Number.isInteger(index));
  if (bad !== undefined) node.fail("index-out-of-range", `reads index ${bad} of an axis of extent ${extent}`);
}

function gatherRule(node: NodeContext): Value {
  const x = node.input(0);
  const axis = normalizeAxis("Gather", node.int("axis", 0), x.shape.length);
  const extent = x.shape[axis] ?? 1;
  const raw = node.input(1);
  const known = tensorOf(raw);
  const indices = known ? wrapped(raw, extent) : raw;
  checkIndices(node, indices, extent);
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  node.checkSize(shape, tensorOf(x) !== undefined && known !== undefined);
  const places = tensorOf(indices)?.data;
  if (places && places.length > 0 && x.shape.length > 0) {
    // Evenly spaced indices are a slice, whose derivative needs no scatter.
    const step = places.length > 1 ? places[1] - places[0] : 1;
    if (step !== 0 && places.every((index, i) => index === places[0] + i * step)) {
      const starts = x.shape.map((_, each) => (each === axis ? places[0] : 0));
      const extents = x.shape.map((each, i) => (i === axis ? places.length : each));
      const steps = x.shape.map((_, each) => (each === axis ? step : 1));
      return reshape(strided(x, starts, extents, steps), shape);
    }
  }
  return gather(x, indices, axis);
}

function gatherElementsRule(node: NodeContext): Value {
  const x = node.input(0);
  const axis = normalizeAxis("GatherElements", node.int("axis", 0), x.shape.length);
  const indices = wrapped(node.input(1), x.shape[axis]);
  if (indices.shape.length !== x.shape.length)
    node.fail("shape-mismatch", `has indices of shape [${indices.shape.join(", ")}]`);
  checkIndices(node, indices, x.shape[axis]);
  return gatherElements(x, indices, axis);
}

/** Index vectors with the indices of the batch axes written out in front. */
function withBatchIndices(indices: Value, batch: number): Value {
  const outer = indices.shape.slice(0, -1);
  const columns = Array.from({ length: batch }, (_, axis) => {
    const places = indices.graph.integers(Array.from({ length: outer[axis] }, (__, i) => i));
    const aligned = [...outer.map((extent, each) => (each === axis ? extent : 1)), 1];
    return expand(reshape(places, aligned), [...outer, 1]);
  });
  return concat([...columns, indices], indices.shape.length - 1);
}

/** Index vectors into the first axes of a shape, counted from the front and checked. */
export function indexVectors(node: NodeContext, indices: Value, shape: Shape): Value {
  const depth = indices.shape[indices.shape.length - 1];
  if (indices.shape.length === 0 || depth > shape.length) {
    node.fail(
      "shape-mismatch",
      `has indices of shape [${indices.shape.join(", ")}] into the shape [${shape.join(", ")}]`,
    );
  }
  const fixed = wrapped(indices, indices.graph.integers(shape.slice(0, depth)));
  tensorOf(fixed)?.data.forEach((index, i) => {
    if (index < 0 || index >= shape[i % depth])
      node.fail("index-out-of-range", `reads index ${index} of an axis of extent ${shape[i % depth]}`);
  });
  return fixed;
}

function gatherNDRule(node: NodeContext): Value {
  const x = node.input(0);
  const batch = node.int("batch_dims", 0);
  const raw = node.input(1);
  if (batch < 0 || batch >= Math.max(raw.shape.length, 1)) node.fail("bad-attribute", `has ${batch} batch axes`);
  return gatherND(x, indexVectors(node, batch === 0 ? raw : withBatchIndices(raw, batch), x.shape));
}

/**
 * ReverseSequence: the first `length` steps of each example in reverse, the others as they are. Its derivative is that of
 * moved elements; examples stay apart. Costs a gather of the whole tensor.
 */
function reverseSequence(node: NodeContext): Value {
  const [x, lengths] = [node.input(0), node.input(1)];
  const rank = x.shape.length;
  if (rank < 2) node.fail("shape-mismatch", `needs two axes, not the shape [${x.shape.join(", ")}]`);
  const [time, batch] = [node.int("time_axis", 0), node.int("batch_axis", 1)];
  if (Math.min(time, batch) !== 0 || Math.max(time, batch) !== 1)
    node.fail("bad-attribute", `has the time axis ${time} and the batch axis ${batch}; one is 0 and the other 1`);
  const steps = x.shape[time];
  if (lengths.shape.length !== 1 || lengths.shape[0] !== x.shape[batch])
    node.fail("shape-mismatch", `has lengths of shape [${lengths.shape.join(", ")}] for ${x.shape[batch]} examples`);
  const bad = tensorOf(lengths)?.data.find((length) => length < 0 || length > steps);
  if (bad !== undefined) node.fail("bad-input", `has a sequence of ${bad} out of ${steps} steps`);
  node.checkSize(x.shape, tensorOf(lengths) !== undefined);
  const along = (axis: number) => x.shape.map((extent, each) => (each === axis ? extent : 1));
  const places = reshape(node.graph.integers(Array.from({ length: steps }, (_, i) => i)), along(time));
  const counts = reshape(lengths, along(batch));
  const mirrored = sub(sub(counts, 1), places);
  return gatherElements(x, expand(where(less(places, counts), mirrored, places), x.shape), time);
}

function oneHot(node: NodeContext): Value {
  const depth = node.number(1, "depth");
  node.checkSize([...node.input(0).shape, depth], tensorOf(node.input(0)) !== undefined);
  const given = node.input(0);
  const indices = wrapped(isFloat(given.dtype) ? cast(given, "int64") : given, depth);
  const values = node.input(2);
  const rank = indices.shape.length + 1;
  const axis = normalizeAxis("OneHot", node.int("axis", -1), rank);
  const places = node.graph.integers(Array.from({ length: depth }, (_, i) => i));
  const column = reshape(
    places,
    Array.from({ length: rank }, (_, each) => (each === axis ? depth : 1)),
  );
  const hits = equal(reshape(indices, [...indices.shape.slice(0, axis), 1, ...indices.shape.slice(axis)]), column);
  const pick = (i: number) => reshape(sliceAxis(values, 0, i, i + 1), []);
  return where(hits, pick(1), pick(0));
}

function nonZero(node: NodeContext): Value {
  const x = node.constant(0, "input");
  const strides = stridesOf(x.shape);
  const columns: number[][] = x.shape.map(() => []);
  forEachOffset(x.shape, strides, 0, (position) => {
    if (x.data[position] === 0) return;
    x.shape.forEach((extent, axis) => columns[axis].push(Math.floor(position / strides[axis]) % extent));
  });
  const count = columns[0]?.length ?? 0;
  return node.graph.constant({
    dtype: "int64",
    shape: [x.shape.length, count],
    data: Float64Array.from(columns.flat()),
  });
}

/** −1, 0 or 1 as the first of two rows comes before the second, is equal or comes after it. */
function order(x: ArrayLike<number>, y: ArrayLike<number>): number {
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i] < y[i] ? -1 : 1;
  return 0;
}

/**
 * The different elements of a constant, or its different slices along an axis, in ascending order or that of their first
 * occurrence; where each occurs first, which of them stands at each place, and how often.
 */
function unique(node: NodeContext): Value[] {
  const x = node.constant(0, "input");
  const given = node.int("axis");
  const axis = given === undefined ? 0 : normalizeAxis("Unique", given, x.shape.length);
  const shape = given === undefined ? [x.data.length] : x.shape;
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const extent = shape[axis];
  const rows = Array.from({ length: extent }, (_, i) =>
    Float64Array.from({ length: outer * inner }, (__, k) => {
      const at = Math.floor(k / inner);
      return x.data[(at * extent + i) * inner + (k - at * inner)];
    }),
  );
  if (rows.some((row) => row.some(Number.isNaN))) node.unsupported("compares NaN, which equals nothing");
  const ranked = rows.map((_, i) => i).sort((i, j) => order(rows[i], rows[j]) || i - j);
  const first = ranked.filter((row, at) => at === 0 || order(rows[ranked[at - 1]], rows[row]) !== 0);
  const chosen = node.flag("sorted", true) ? first : [...first].sort((i, j) => i - j);
  const places = new Map(chosen.map((row, place) => [row, place]));
  const inverse: number[] = [];
  let start = 0;
  ranked.forEach((row) => {
    if (places.has(row)) start = row;
    inverse[row] = places.get(start) ?? 0;
  });
  const counts = chosen.map(() => 0);
  for (const place of inverse) counts[place]++;
  const { graph } = node;
  const kept = gather(reshape(node.input(0), shape), graph.integers(chosen), axis);
  return [kept, graph.integers(chosen), graph.integers(inverse), graph.integers(counts)];
}

export const INDEXING: readonly OnnxRule[] = [
  { op: "Gather", attributes: { axis: INT }, inputs: 2, slots: ["table", "structural"], import: gatherRule },
  {
    op: "GatherElements",
    attributes: { axis: INT },
    inputs: 2,
    slots: ["arithmetic", "structural"],
    import: gatherElementsRule,
  },
  {
    op: "GatherND",
    attributes: { batch_dims: since(12, INT) },
    inputs: 2,
    slots: ["table", "structural"],
    import: gatherNDRule,
  },
  {
    op: "ReverseSequence",
    attributes: { batch_axis: INT, time_axis: INT },
    inputs: 2,
    slots: ["passes", "structural"],
    import: reverseSequence,
  },
  { op: "OneHot", attributes: { axis: INT }, inputs: 3, slots: ["structural"], flat: true, import: oneHot },
  {
    op: "Unique",
    attributes: { axis: INT, sorted: FLAG },
    inputs: 1,
    slots: ["structural"],
    flat: true,
    import: unique,
  },
  { op: "NonZero", inputs: 1, slots: ["structural"], flat: true, import: nonZero },
];
