import { normalizeAxis } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { concat, sliceAxis, strided } from "../../ops/movement.ts";
import { gather } from "../../ops/gather.ts";
import { reshape } from "../../ops/structure.ts";
import { sizeOf } from "../../util/tensor.ts";
import { INT, INTS, since, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

function concatRule(node: NodeContext): Value {
  const values = node.all();
  const axis = normalizeAxis("Concat", node.int("axis", 1), values[0].shape.length);
  const extent = values.reduce((sum, value) => sum + (value.shape[axis] ?? 0), 0);
  node.checkSize(
    values[0].shape.map((each, i) => (i === axis ? extent : each)),
    values.every((value) => tensorOf(value) !== undefined),
  );
  return concat(values, axis);
}

/** Extents of the parts: given, or equal with a smaller last one. */
function partsOf(node: NodeContext, extent: number): readonly number[] {
  const given = node.ints("split") ?? (node.has(1) ? node.integers(1, "sizes of the parts") : undefined);
  if (given) {
    const sum = given.reduce((a, b) => a + b, 0);
    if (sum !== extent || given.some((part) => part < 0))
      node.fail("shape-mismatch", `splits ${extent} elements into [${given.join(", ")}]`);
    return given;
  }
  const count = node.int("num_outputs", node.outputs);
  const part = Math.ceil(extent / Math.max(count, 1));
  return Array.from({ length: node.outputs }, (_, i) => Math.max(0, Math.min(part, extent - i * part)));
}

function split(node: NodeContext): Value[] {
  const x = node.input(0);
  const axis = normalizeAxis("Split", node.int("axis", 0), x.shape.length);
  let start = 0;
  node.checkCount(node.outputs);
  return partsOf(node, x.shape[axis] ?? 0).map((part) => {
    const value = sliceAxis(x, axis, start, start + part);
    start += part;
    return value;
  });
}

function slice(node: NodeContext): Value {
  const x = node.input(0);
  const rank = x.shape.length;
  const old = node.opset < 10;
  const read = (name: string, slot: number) =>
    old ? node.ints(name) : node.has(slot) ? node.integers(slot, name) : undefined;
  const from = read("starts", 1) ?? node.fail("missing-input", "does not say where it starts");
  const to = read("ends", 2) ?? node.fail("missing-input", "does not say where it ends");
  const axes = (read("axes", 3) ?? from.map((_, i) => i)).map((axis) => normalizeAxis("Slice", axis, rank));
  const by = (old ? undefined : read("steps", 4)) ?? from.map(() => 1);
  if (
    to.length !== from.length ||
    axes.length !== from.length ||
    by.length !== from.length ||
    new Set(axes).size !== axes.length
  ) {
    node.fail("bad-input", "has starts, ends, axes and steps that do not match");
  }
  const starts = x.shape.map(() => 0);
  const extents = [...x.shape];
  const steps = x.shape.map(() => 1);
  axes.forEach((axis, i) => {
    const extent = x.shape[axis];
    const step = by[i];
    if (step === 0) node.fail("bad-input", "has a step of 0");
    const clamp = (index: number, low: number, high: number) =>
      Math.min(Math.max(index < 0 ? index + extent : index, low), high);
    const start = step > 0 ? clamp(from[i], 0, extent) : clamp(from[i], 0, extent - 1);
    const end = step > 0 ? clamp(to[i], 0, extent) : clamp(to[i], -1, extent - 1);
    const count = Math.max(0, Math.ceil((end - start) / step));
    starts[axis] = count === 0 ? 0 : start;
    extents[axis] = count;
    steps[axis] = step;
  });
  return strided(x, starts, extents, steps);
}

/** Keeps the elements at which a constant condition holds. */
function compress(node: NodeContext): Value {
  const x = node.input(0);
  const condition = node.integers(1, "condition");
  const given = node.int("axis");
  const kept = condition.flatMap((holds, index) => (holds ? [index] : []));
  // Without an axis the elements stand in one row.
  const [from, axis] =
    given === undefined ? [reshape(x, [sizeOf(x.shape)]), 0] : [x, normalizeAxis("Compress", given, x.shape.length)];
  if (kept.some((index) => index >= from.shape[axis]))
    node.fail("index-out-of-range", `keeps element ${kept[kept.length - 1]} of an axis of extent ${from.shape[axis]}`);
  return gather(from, node.graph.integers(kept), axis);
}

export const SPLITTING: readonly OnnxRule[] = [
  { op: "Concat", attributes: { axis: INT }, inputs: Infinity, slots: ["passes"], import: concatRule },
  {
    op: "Split",
    attributes: { axis: INT, num_outputs: since(18, INT), split: until(12, INTS) },
    inputs: 2,
    slots: ["passes", "structural"],
    import: split,
  },
  {
    op: "Slice",
    attributes: { axes: until(9, INTS), ends: until(9, INTS), starts: until(9, INTS) },
    inputs: 5,
    slots: ["passes", "structural"],
    import: slice,
  },
  { op: "Compress", attributes: { axis: INT }, inputs: 2, slots: ["passes", "structural"], import: compress },
];
