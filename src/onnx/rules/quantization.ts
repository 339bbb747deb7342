import { normalizeAxis } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import { reachable } from "../../graph/traverse.ts";
import type { Value } from "../../graph/value.ts";
import { add, div, mul, sub } from "../../ops/arithmetic.ts";
import { and, cast, greaterOrEqual, lessOrEqual, maximum, minimum, where } from "../../ops/logic.ts";
import { sliceAxis } from "../../ops/movement.ts";
import { expand, reshape } from "../../ops/structure.ts";
import { detach, frozen } from "../../ops/unary.ts";
import { isFloat, sizeOf, type Shape, type Tensor } from "../../util/tensor.ts";
import { type AttributeUse, INT, NO_EFFECT, only, since } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxNode, StoredTensor } from "../onnx-node.ts";
import type { OnnxRule } from "../rule.ts";
import { nearestWhole } from "./whole-part.ts";

/* Numbers in few bits: q stands for (q − zero)·scale, with one scale for all, one for each index of an axis, or one a block. */

/** The integers that are rounded to, by the type of the zero point. */
const LIMITS: Readonly<Record<string, readonly [low: number, high: number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
};

/** Their numbers in an attribute. */
const TYPES: Readonly<Record<number, string>> = { 2: "uint8", 3: "int8", 4: "uint16", 5: "int16" };

const REMEDY = "Export the model before it is quantised.";

/** By what was rounded, the floats before they were made integers: derivatives pass these. */
const FLOATS = new WeakMap<Value, Value>();

/** The floats behind quantised integers that were at most moved. */
function floatsBehind(value: Value): Value | undefined {
  const known = FLOATS.get(value);
  if (known || !value.operation.moves || value.inputs.length === 0) return known;
  const [first, ...rest] = value.inputs;
  const floats = floatsBehind(first);
  if (!floats) return undefined;
  // What is put beside them must be of their kind; indices are not theirs.
  const others = rest.map((each) => floatsBehind(each) ?? each);
  return value.graph.apply(value.operation, [floats, ...others]);
}

/** A scale or zero point in a shape that broadcasts to x. */
function beside(node: NodeContext, parameter: Value, x: Shape): Value {
  if (sizeOf(parameter.shape) === 1) return reshape(parameter, []);
  const axis = normalizeAxis(node.node.op, node.int("axis", 1), x.length);
  const block = node.node.attributes.has("block_size") ? node.int("block_size", 0) : 0;
  const { shape } = parameter;
  if (block > 0) {
    const blocks = Math.ceil(x[axis] / block);
    const expected = x.map((extent, each) => (each === axis ? blocks : extent));
    if (expected.join() !== shape.join()) node.fail("shape-mismatch", misfit(shape, expected));
    const apart = expand(reshape(parameter, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]), [
      ...shape.slice(0, axis + 1),
      block,
      ...shape.slice(axis + 1),
    ]);
    const repeated = reshape(
      apart,
      shape.map((extent, each) => (each === axis ? extent * block : extent)),
    );
    return sliceAxis(repeated, axis, 0, x[axis]);
  }
  if (shape.length !== 1 || shape[0] !== x[axis]) node.fail("shape-mismatch", misfit(shape, [x[axis]]));
  return reshape(
    parameter,
    x.map((extent, each) => (each === axis ? extent : 1)),
  );
}

function misfit(shape: Shape, expected: Shape): string {
  return `has scales of shape [${shape.join(", ")}] where [${expected.join(", ")}] fits`;
}

/**
 * QuantizeLinear: the nearest of the integers, halves to the even one, cut off at the ends of their type. Derivatives are those of x/scale
 * where nothing is cut off and 0 elsewhere (straight-through, Bengio 2013), as in training that is aware of quantisation.
 */
function quantize(node: NodeContext): Value {
  const x = node.input(0);
  const named = node.node.attributes.has("output_dtype") ? TYPES[node.int("output_dtype", 0)] : undefined;
  const type = named ?? (node.has(2) ? node.storedAs(2) : "uint8");
  const limits = type === undefined ? undefined : LIMITS[type];
  if (!limits)
    return node.unsupported(
      type === undefined ? "computes its zero point, and with it its type, from the data" : `rounds to ${type}`,
      REMEDY,
    );
  const [low, high] = limits;
  const scale = beside(node, node.input(1), x.shape);
  const zero = node.has(2) ? cast(beside(node, node.input(2), x.shape), x.dtype) : undefined;
  const shifted = (value: Value) => (zero ? add(value, zero) : value);
  const steps = div(x, scale);
  // Whatever this is computed in, ties fall as in the file, whose arithmetic is float32.
  const whole = shifted(cast(nearestWhole(div(cast(x, "float32"), cast(scale, "float32"))), x.dtype));
  const cut = minimum(maximum(whole, low), high);
  if (tensorOf(x)) return cast(cut, "int64");
  const place = shifted(steps);
  const isInside = and(greaterOrEqual(whole, low), lessOrEqual(whole, high));
  // The rounded number to the last bit: what is added is 0, and has the derivative.
  const floats = add(frozen(cut), where(isInside, sub(place, detach(place)), 0));
  const integers = cast(floats, "int64");
  FLOATS.set(integers, floats);
  return integers;
}

/** DequantizeLinear: (q − zero)·scale, through which derivatives reach what was quantised. */
function dequantize(node: NodeContext): Value {
  const q = node.input(0);
  const floats = floatsBehind(q);
  if (!floats && reachable([q]).some((value) => FLOATS.has(value)))
    node.unsupported(
      "reads integers that were computed from quantised ones, through which no derivative passes",
      REMEDY,
    );
  const scale = beside(node, node.input(1), q.shape);
  const whole = floats ?? cast(q, scale.dtype);
  return mul(node.has(2) ? sub(whole, cast(beside(node, node.input(2), q.shape), scale.dtype)) : whole, scale);
}

/** The numbers that a tensor of integers in the file stands for, in float32. Cost: one pass. */
function storedNumbers(node: OnnxNode, inputs: readonly (StoredTensor | undefined)[]): Tensor | undefined {
  const [integers, scales, zeros] = inputs.map((each) => each?.tensor);
  const hasZero = node.inputs.length > 2 && node.inputs[2] !== "";
  if (!integers || isFloat(integers.dtype) || !scales || !isFloat(scales.dtype) || (hasZero && !zeros))
    return undefined;
  const intOf = (name: string, otherwise: number) => {
    const attribute = node.attributes.get(name);
    return attribute?.kind === "int" ? attribute.value : otherwise;
  };
  const { shape } = integers;
  const axis = intOf("axis", 1) + (intOf("axis", 1) < 0 ? shape.length : 0);
  const block = intOf("block_size", 0);
  const inner = sizeOf(shape.slice(axis + 1));
  const extent = shape[axis] ?? 1;
  const blocks = block > 0 ? Math.ceil(extent / block) : extent;
  const isSingle = scales.data.length === 1;
  const expected = block > 0 ? (integers.data.length / extent) * blocks : extent;
  const fits = isSingle || (axis >= 0 && axis < shape.length && scales.data.length === expected);
  if (!fits || (zeros && zeros.data.length !== scales.data.length)) return undefined;
  const indexOf = (position: number) => {
    if (isSingle) return 0;
    const along = Math.floor(position / inner) % extent;
    if (block <= 0) return along;
    const outer = Math.floor(position / (inner * extent));
    return (outer * blocks + Math.floor(along / block)) * inner + (position % inner);
  };
  const data = new Float32Array(integers.data.length);
  for (let i = 0; i < data.length; i++) {
    const at = indexOf(i);
    data[i] = (integers.data[i] - (zeros?.data[at] ?? 0)) * scales.data[at];
  }
  return { dtype: "float32", shape, data };
}

const STRAIGHT_THROUGH =
  "QuantizeLinear rounds: derivatives are those without the rounding (straight-through), and 0 where values are cut off; second derivatives know of neither";

function quantizeRule(domain: string | undefined, attributes: Readonly<Record<string, AttributeUse>>): OnnxRule {
  return { op: "QuantizeLinear", domain, attributes, inputs: 3, slots: ["passes", "structural"], import: quantize };
}

function dequantizeRule(domain: string | undefined, attributes: Readonly<Record<string, AttributeUse>>): OnnxRule {
  return {
    op: "DequantizeLinear",
    domain,
    attributes,
    inputs: 3,
    slots: ["passes", "structural"],
    bends: (node) => (floatsBehind(node.input(0)) ? STRAIGHT_THROUGH : undefined),
    stored: storedNumbers,
    import: dequantize,
  };
}

export const QUANTIZATION: readonly OnnxRule[] = [
  quantizeRule(undefined, {
    axis: since(13, INT),
    block_size: since(21, INT),
    output_dtype: since(21, INT),
    precision: since(23, only(0, 1)),
    // Of eight-bit floats, which are not read.
    saturate: since(19, NO_EFFECT),
  }),
  dequantizeRule(undefined, { axis: since(13, INT), block_size: since(21, INT), output_dtype: since(23, only(0, 1)) }),
  // As the runtime's quantiser writes them for opsets that have no 16 bits.
  quantizeRule("com.microsoft", { axis: INT }),
  dequantizeRule("com.microsoft", { axis: INT }),
];
