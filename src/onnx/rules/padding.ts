import { tensorOf } from "../../graph/leaf.ts";
import { normalizeAxis } from "../../graph/broadcast.ts";
import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { pad } from "../../ops/movement.ts";
import { allocate, sizeOf } from "../../util/tensor.ts";
import { FLOAT, INTS, oneOf, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/** Which element of an axis stands at a place before or behind it, by mode. */
const MODES: Record<string, (index: number, extent: number) => number> = {
  edge: (index, extent) => Math.min(Math.max(index, 0), extent - 1),
  wrap: (index, extent) => ((index % extent) + extent) % extent,
  reflect: (index, extent) => {
    if (extent === 1) return 0;
    const period = 2 * (extent - 1);
    const within = ((index % period) + period) % period;
    return within < extent ? within : period - within;
  },
};

function padRule(node: NodeContext): Value {
  const x = node.input(0);
  const rank = x.shape.length;
  const amounts = node.opset < 11 ? (node.ints("pads") ?? []) : node.integers(1, "amounts");
  const value = node.opset < 11 ? node.float("value", 0) : node.has(2) ? node.number(2, "value") : 0;
  const axes = node.has(3)
    ? node.integers(3, "axes").map((axis) => normalizeAxis("Pad", axis, rank))
    : x.shape.map((_, axis) => axis);
  if (amounts.length !== 2 * axes.length) node.fail("bad-input", `pads ${axes.length} axes by [${amounts.join(", ")}]`);
  const before = x.shape.map(() => 0);
  const after = x.shape.map(() => 0);
  axes.forEach((axis, i) => {
    before[axis] = amounts[i];
    after[axis] = amounts[axes.length + i];
  });
  const shape = x.shape.map((extent, axis) => extent + before[axis] + after[axis]);
  node.checkSize(shape, true);
  const mode = node.string("mode", "constant");
  if (mode === "constant") return padWith(x, before, after, value);
  const place = MODES[mode] ?? node.fail("bad-attribute", `has the unknown mode ${mode}`);
  return shape.reduce((padded, extent, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return padded;
    if (x.shape[axis] === 0) node.fail("shape-mismatch", `pads axis ${axis}, which is empty, from itself`);
    const indices = Array.from({ length: extent }, (_, i) => place(i - before[axis], x.shape[axis]));
    return gather(padded, node.graph.integers(indices), axis);
  }, x);
}

/** Padding with a value: zeros, plus the value where nothing of x is. */
function padWith(x: Value, before: readonly number[], after: readonly number[], value: number): Value {
  const padded = pad(x, before, after);
  if (value === 0) return padded;
  const fill = tensorOf(x.graph.scalar(value, x.dtype))?.data[0] ?? value;
  // Axes without padding broadcast.
  const shape = padded.shape.map((extent, axis) => (before[axis] > 0 || after[axis] > 0 ? extent : 1));
  const frame = allocate(x.dtype, sizeOf(shape));
  for (let i = 0; i < frame.length; i++) {
    let rest = i;
    let inside = true;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = (rest % shape[axis]) - before[axis];
      rest = Math.floor(rest / shape[axis]);
      const padsHere = before[axis] > 0 || after[axis] > 0;
      if (padsHere && (index < 0 || index >= x.shape[axis])) inside = false;
    }
    frame[i] = inside ? 0 : fill;
  }
  return add(padded, x.graph.constant({ dtype: x.dtype, shape, data: frame }));
}

/** Each axis cut, or padded with zeros, to an extent around its middle: of an odd difference the larger half is behind. */
function centerCropPad(node: NodeContext): Value {
  const x = node.input(0);
  const rank = x.shape.length;
  const wanted = node.integers(1, "shape");
  const axes = (node.ints("axes") ?? x.shape.map((_, axis) => axis)).map((axis) =>
    normalizeAxis("CenterCropPad", axis, rank),
  );
  if (wanted.length !== axes.length || wanted.some((extent) => extent < 0))
    node.fail("bad-input", `gives ${axes.length} axes the extents [${wanted.join(", ")}]`);
  const amounts = x.shape.map((extent, axis) => {
    const at = axes.indexOf(axis);
    const missing = at < 0 ? 0 : wanted[at] - extent;
    const before = missing < 0 ? -Math.floor(-missing / 2) : Math.floor(missing / 2);
    return { before, after: missing - before };
  });
  node.checkSize(
    x.shape.map((extent, axis) => extent + amounts[axis].before + amounts[axis].after),
    true,
  );
  return pad(
    x,
    amounts.map(({ before }) => before),
    amounts.map(({ after }) => after),
  );
}

export const PADDING: readonly OnnxRule[] = [
  {
    op: "Pad",
    attributes: {
      mode: oneOf("constant", "edge", "reflect", "wrap"),
      pads: until(10, INTS),
      value: until(10, FLOAT),
    },
    inputs: 4,
    slots: ["passes", "structural"],
    import: padRule,
  },
  {
    op: "CenterCropPad",
    attributes: { axes: INTS },
    inputs: 2,
    slots: ["passes", "structural"],
    import: centerCropPad,
  },
];
