import { TensorProto_DataType as Type } from "onnx-buf";
import { tensorOf } from "../../graph/leaf.ts";
import { normalizeAxis } from "../../graph/broadcast.ts";
import type { Value } from "../../graph/value.ts";
import { broadcastShapes } from "../../graph/broadcast.ts";
import { add, sub } from "../../ops/arithmetic.ts";
import { cast, mod, where } from "../../ops/logic.ts";
import { expand, reshape, transpose } from "../../ops/structure.ts";
import { allocate, isFloat, sizeOf, type DType, type Shape } from "../../util/tensor.ts";
import { dtypeOf, elementTypeName } from "../decode-tensor.ts";
import { FLAG, FLOAT, FLOATS, INT, INTS, NO_EFFECT, oneOf, only, since, TENSOR, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule, SlotRole } from "../rule.ts";

const MOVES: readonly SlotRole[] = ["passes", "structural"];

/** Floats of any width take the graph's precision. */
export function dtypeFor(node: NodeContext, elementType: number): DType {
  const dtype = dtypeOf(elementType);
  if (!dtype) node.unsupported(`makes elements of the type ${elementTypeName(elementType)}`);
  return isFloat(dtype) ? node.host.precision : dtype;
}

function constant(node: NodeContext): Value {
  const stored = node.host.constantNode(node.node.outputs[0] ?? "");
  if (stored) return stored;
  if (node.hasAttribute("value_int")) return node.graph.scalar(node.int("value_int", 0), "int64");
  const ints = node.ints("value_ints");
  if (ints) return node.graph.integers(ints);
  return node.unsupported("holds neither a tensor nor numbers");
}

function shapeOf(node: NodeContext): Value {
  const { shape } = node.input(0);
  const rank = shape.length;
  const clamped = (index: number) => Math.min(Math.max(index < 0 ? index + rank : index, 0), rank);
  return node.graph.integers(shape.slice(clamped(node.int("start", 0)), clamped(node.int("end", rank))));
}

/** Extents where 0 copies the input's (unless allowzero) and −1 is what remains. */
function reshapeRule(node: NodeContext): Value {
  const x = node.input(0);
  const asked = node.integers(1, "shape");
  const allowZero = node.flag("allowzero");
  const shape = asked.map((extent, axis) => (extent === 0 && !allowZero ? (x.shape[axis] ?? -2) : extent));
  const open = shape.indexOf(-1);
  if (shape.some((extent, axis) => extent < 0 && axis !== open))
    node.fail("bad-shape", `asks for the shape [${asked.join(", ")}]`);
  node.checkSize(
    shape.map((extent) => Math.max(extent, 0)),
    false,
  );
  if (open >= 0) {
    const rest = sizeOf(shape.filter((_, axis) => axis !== open));
    shape[open] = rest === 0 ? 0 : sizeOf(x.shape) / rest;
    if (!Number.isInteger(shape[open])) {
      node.fail("shape-mismatch", `cannot turn the shape [${x.shape.join(", ")}] into [${asked.join(", ")}]`);
    }
  }
  return reshape(x, shape);
}

function flatten(node: NodeContext): Value {
  const x = node.input(0);
  const rank = x.shape.length;
  const given = node.int("axis", 1);
  const axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) node.fail("bad-axis", `flattens at axis ${given} of ${rank}`);
  return reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
}

function axesOf(node: NodeContext, rank: number): number[] | undefined {
  const given = node.ints("axes") ?? (node.has(1) ? node.integers(1, "axes") : undefined);
  return given?.map((axis) => normalizeAxis(node.node.op, axis, rank));
}

function squeezeRule(node: NodeContext): Value {
  const x = node.input(0);
  const axes = axesOf(node, x.shape.length) ?? x.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
  const wide = axes.find((axis) => x.shape[axis] !== 1);
  if (wide !== undefined) node.fail("shape-mismatch", `removes axis ${wide}, which has ${x.shape[wide]} elements`);
  return reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

function unsqueezeRule(node: NodeContext): Value {
  const x = node.input(0);
  const count = (node.ints("axes") ?? node.integers(1, "axes")).length;
  const rank = x.shape.length + count;
  const axes = new Set(axesOf(node, rank));
  if (axes.size !== count) node.fail("bad-axis", "inserts an axis twice");
  let next = 0;
  return reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : x.shape[next++])),
  );
}

function transposeRule(node: NodeContext): Value {
  const x = node.input(0);
  const rank = x.shape.length;
  const perm = node.ints("perm") ?? x.shape.map((_, axis) => rank - 1 - axis);
  if (perm.length !== rank || new Set(perm).size !== rank || perm.some((axis) => axis < 0 || axis >= rank)) {
    node.fail("bad-attribute", `orders ${rank} axes by [${perm.join(", ")}]`);
  }
  return transpose(x, perm);
}

function expandRule(node: NodeContext): Value {
  const x = node.input(0);
  const shape = broadcastShapes("Expand", x.shape, node.integers(1, "shape"));
  node.checkSize(shape, tensorOf(x) !== undefined);
  return expand(x, shape);
}

/** Copies side by side: every axis n becomes (copies, n), which is spread and merged. */
function tile(node: NodeContext): Value {
  const x = node.input(0);
  const repeats = node.integers(1, "repeats");
  if (repeats.length !== x.shape.length || repeats.some((count) => count < 0))
    node.fail("bad-input", `repeats by [${repeats.join(", ")}]`);
  const shape = x.shape.map((extent, axis) => extent * repeats[axis]);
  node.checkSize(shape, tensorOf(x) !== undefined);
  if (sizeOf(shape) === 0) return node.graph.constant({ dtype: x.dtype, shape, data: allocate(x.dtype, 0) });
  const split = x.shape.flatMap((extent) => [1, extent]);
  const spread = x.shape.flatMap((extent, axis) => [repeats[axis], extent]);
  return reshape(expand(reshape(x, split), spread), shape);
}

function filled(node: NodeContext, shape: Shape, dtype: DType, value: number): Value {
  node.checkSize(shape, dtype !== node.host.precision);
  return expand(node.graph.scalar(value, dtype), shape);
}

function constantOfShape(node: NodeContext): Value {
  const value = node.tensor("value");
  const dtype = value && !isFloat(value.dtype) ? value.dtype : node.host.precision;
  return filled(node, node.integers(0, "shape"), dtype, value?.data[0] ?? 0);
}

function range(node: NodeContext): Value {
  const [start, limit, delta] = [node.number(0, "start"), node.number(1, "limit"), node.number(2, "step")];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  node.checkSize([count], true);
  const { dtype } = node.input(0);
  const data = allocate(dtype, count);
  for (let i = 0; i < count; i++) data[i] = start + i * delta;
  return node.graph.constant({ dtype, shape: [count], data });
}

/** A constant mask over the last two axes. */
function lastTwo(node: NodeContext, shape: Shape, keep: (row: number, column: number) => boolean): Value {
  if (shape.length < 2) node.fail("shape-mismatch", `needs a matrix, not the shape [${shape.join(", ")}]`);
  const [rows, columns] = shape.slice(-2);
  node.checkSize([rows, columns], true);
  const data = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) data[row * columns + column] = Number(keep(row, column));
  return node.graph.constant({ dtype: "bool", shape: [rows, columns], data });
}

function trilu(node: NodeContext): Value {
  const x = node.input(0);
  const diagonal = node.has(1) ? node.number(1, "diagonal") : 0;
  const upper = node.flag("upper", true);
  const mask = lastTwo(node, x.shape, (row, column) => (upper ? column - row >= diagonal : column - row <= diagonal));
  return where(mask, x, x.graph.scalar(0, x.dtype));
}

function eyeLike(node: NodeContext): Value {
  const x = node.input(0);
  const dtype = node.hasAttribute("dtype") ? dtypeFor(node, node.int("dtype", 1)) : x.dtype;
  const diagonal = node.int("k", 0);
  return cast(
    lastTwo(node, x.shape, (row, column) => column - row === diagonal),
    dtype,
  );
}

/** Blocks of channels to blocks of space: [N, C, H, W] with C = b²·c. */
function depthToSpace(node: NodeContext): Value {
  const x = node.input(0);
  const b = node.int("blocksize", 1);
  const [n, channels, h, w] = x.shape;
  const c = channels / (b * b);
  if (x.shape.length !== 4 || !Number.isInteger(c))
    node.fail("shape-mismatch", `cannot take blocks of ${b} from the shape [${x.shape.join(", ")}]`);
  const crd = node.string("mode", "DCR") === "CRD";
  const split = reshape(x, crd ? [n, c, b, b, h, w] : [n, b, b, c, h, w]);
  return reshape(transpose(split, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), [n, c, h * b, w * b]);
}

function spaceToDepth(node: NodeContext): Value {
  const x = node.input(0);
  const b = node.int("blocksize", 1);
  const [n, c, height, width] = x.shape;
  const [h, w] = [height / b, width / b];
  if (x.shape.length !== 4 || !Number.isInteger(h) || !Number.isInteger(w)) {
    node.fail("shape-mismatch", `cannot take blocks of ${b} from the shape [${x.shape.join(", ")}]`);
  }
  return reshape(transpose(reshape(x, [n, c, h, b, w, b]), [0, 3, 5, 1, 2, 4]), [n, c * b * b, h, w]);
}

/** At inference Dropout is the identity; the mask that it returns keeps everything. */
function dropout(node: NodeContext): (Value | undefined)[] {
  const x = node.input(0);
  const isOld = node.opset < 7 && !node.flag("is_test");
  if (isOld || (node.opset >= 12 && node.has(2) && node.number(2, "training mode") !== 0)) {
    node.host.notice(
      "dropout-off",
      "Dropout nodes are in training mode; they are taken as the identity, so that the loss is a function of the weights.",
    );
  }
  // The mask has the type of the data before opset 10.
  const mask = node.graph.scalar(1, node.opset < 10 ? x.dtype : "bool");
  return [x, node.outputs > 1 ? expand(mask, x.shape) : undefined];
}

/** Integers narrower than 64 bits: their number of bits, and whether they have a sign. */
const NARROW = new Map<Type, { readonly bits: number; readonly signed: boolean }>([
  [Type.INT8, { bits: 8, signed: true }],
  [Type.UINT8, { bits: 8, signed: false }],
  [Type.INT16, { bits: 16, signed: true }],
  [Type.UINT16, { bits: 16, signed: false }],
  [Type.INT32, { bits: 32, signed: true }],
  [Type.UINT32, { bits: 32, signed: false }],
]);

/** A conversion; integers that are too large for a narrower type lose their upper bits, as in the runtime. */
function castRule(node: NodeContext): Value {
  const x = node.input(0);
  const to = node.int("to", 1);
  const y = cast(x, dtypeFor(node, to));
  const narrow = NARROW.get(to);
  // Floats that no 32 bits hold have no defined result.
  if (!narrow || x.dtype === "bool" || (isFloat(x.dtype) && narrow.bits === 32)) return y;
  const half = narrow.signed ? 2 ** (narrow.bits - 1) : 0;
  const wrapped = mod(narrow.signed ? add(y, half) : y, y.graph.scalar(2 ** narrow.bits, "int64"));
  return narrow.signed ? sub(wrapped, half) : wrapped;
}

/** How 8-bit floats are made, a type that is refused. */
const NARROWING = { saturate: since(19, NO_EFFECT), round_mode: since(24, NO_EFFECT) };

export const SHAPES: readonly OnnxRule[] = [
  {
    op: "Constant",
    attributes: {
      value: TENSOR,
      value_float: since(12, FLOAT),
      value_floats: since(12, FLOATS),
      value_int: since(12, INT),
      value_ints: since(12, INTS),
    },
    inputs: 0,
    import: constant,
  },
  { op: "Identity", inputs: 1, slots: ["passes"], import: (node) => node.item(0) },
  {
    op: "Dropout",
    // Of the mask that training draws.
    attributes: { is_test: until(6, FLAG), ratio: until(11, NO_EFFECT), seed: since(12, NO_EFFECT) },
    inputs: 3,
    slots: MOVES,
    import: dropout,
  },
  {
    op: "Cast",
    attributes: { to: INT, ...NARROWING },
    inputs: 1,
    slots: ["passes"],
    storedAs: (node) => elementTypeName(node.int("to", 1)),
    import: castRule,
  },
  {
    op: "CastLike",
    attributes: NARROWING,
    inputs: 2,
    slots: MOVES,
    import: (node) => cast(node.input(0), node.input(1).dtype),
  },
  {
    op: "Shape",
    attributes: { start: since(15, INT), end: since(15, INT) },
    inputs: 1,
    slots: ["structural"],
    import: shapeOf,
  },
  {
    op: "Size",
    inputs: 1,
    slots: ["structural"],
    import: (node) => node.graph.scalar(sizeOf(node.input(0).shape), "int64"),
  },
  { op: "Reshape", attributes: { allowzero: since(14, FLAG) }, inputs: 2, slots: MOVES, import: reshapeRule },
  { op: "Flatten", attributes: { axis: INT }, inputs: 1, slots: MOVES, import: flatten },
  { op: "Squeeze", attributes: { axes: until(12, INTS) }, inputs: 2, slots: MOVES, import: squeezeRule },
  { op: "Unsqueeze", attributes: { axes: until(12, INTS) }, inputs: 2, slots: MOVES, import: unsqueezeRule },
  { op: "Transpose", attributes: { perm: INTS }, inputs: 1, slots: MOVES, import: transposeRule },
  { op: "Expand", inputs: 2, slots: MOVES, import: expandRule },
  { op: "Tile", inputs: 2, slots: MOVES, import: tile },
  { op: "ConstantOfShape", attributes: { value: TENSOR }, inputs: 1, slots: ["structural"], import: constantOfShape },
  { op: "Range", attributes: { stash_type: since(27, only(1, 11)) }, inputs: 3, slots: ["structural"], import: range },
  { op: "Trilu", attributes: { upper: FLAG }, inputs: 2, slots: MOVES, import: trilu },
  { op: "EyeLike", attributes: { dtype: INT, k: INT }, inputs: 1, slots: ["structural"], import: eyeLike },
  {
    op: "DepthToSpace",
    attributes: { blocksize: INT, mode: since(11, oneOf("DCR", "CRD")) },
    inputs: 1,
    slots: MOVES,
    import: depthToSpace,
  },
  { op: "SpaceToDepth", attributes: { blocksize: INT }, inputs: 1, slots: MOVES, import: spaceToDepth },
  // A classical pipeline's table of class scores: the scores themselves.
  {
    op: "ZipMap",
    domain: "ai.onnx.ml",
    attributes: { classlabels_int64s: NO_EFFECT, classlabels_strings: NO_EFFECT },
    inputs: 1,
    slots: ["passes"],
    import: (node) => node.input(0),
  },
];
