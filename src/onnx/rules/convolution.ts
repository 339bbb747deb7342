import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/arithmetic.ts";
import { conv, convInput } from "../../ops/conv.ts";
import { pad } from "../../ops/movement.ts";
import { reshape } from "../../ops/structure.ts";
import type { Shape } from "../../util/tensor.ts";
import { INT, INTS } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { attributeOfAxes, AUTO_PAD, windowOf } from "./window.ts";

/** Adds one number to each channel. */
function addBias(y: Value, bias: Value | undefined): Value {
  return bias ? add(y, reshape(bias, [1, bias.shape[0] ?? 1, ...y.shape.slice(2).map(() => 1)])) : y;
}

export function convRule(node: NodeContext): Value {
  const [x, w] = [node.input(0), node.input(1)];
  const kernel = kernelOf(node, w);
  const window = windowOf(node, x.shape, kernel);
  return addBias(conv(x, w, { ...window, group: node.int("group", 1) }), node.inputs[2]);
}

/**
 * Transposed convolution: the adjoint of Conv, from images of the output's extent
 * stride·(in − 1) + dilation·(k − 1) + 1 + output_padding − pads.
 */
function convTranspose(node: NodeContext): Value {
  const [x, w] = [node.input(0), node.input(1)];
  const kernel = kernelOf(node, w);
  const axes = kernel.length;
  if (x.shape.length !== axes + 2)
    node.fail("shape-mismatch", `applies kernels of shape [${w.shape.join(", ")}] to [${x.shape.join(", ")}]`);
  const read = (name: string, otherwise: number) => attributeOfAxes(node, name, axes, otherwise);
  const strides = read("strides", 1);
  const dilations = read("dilations", 1);
  const extra = read("output_padding", 0);
  const group = node.int("group", 1);
  if (x.shape[1] !== w.shape[0] || w.shape[0] % group !== 0) {
    node.fail(
      "shape-mismatch",
      `with ${group} group(s) applies kernels of shape [${w.shape.join(", ")}] to [${x.shape.join(", ")}]`,
    );
  }
  const full = kernel.map((size, k) => strides[k] * (x.shape[2 + k] - 1) + dilations[k] * (size - 1) + 1 + extra[k]);
  const mode = node.string("auto_pad", "NOTSET");
  const given = node.ints("output_shape")?.slice(-axes);
  const wanted =
    given ?? (mode.startsWith("SAME") ? x.shape.slice(2).map((extent, k) => extent * strides[k]) : undefined);
  const pads = node.ints("pads") ?? [];
  // SAME never adds zeros behind what the windows reach (as in the runtime); a given shape may.
  const total = wanted?.map((extent, k) => (given ? full[k] - extent : Math.max(full[k] - extent, 0)));
  const small = (k: number) => Math.floor((total?.[k] ?? 0) / 2);
  const large = (k: number) => (total?.[k] ?? 0) - small(k);
  const before = kernel.map((_, k) =>
    total ? (mode === "SAME_UPPER" ? small(k) : large(k)) : mode === "VALID" ? 0 : (pads[k] ?? 0),
  );
  const after = kernel.map((_, k) =>
    total ? (mode === "SAME_UPPER" ? large(k) : small(k)) : mode === "VALID" ? 0 : (pads[axes + k] ?? 0),
  );
  if (extra.some((n, k) => n >= strides[k])) node.unsupported("pads its output by a stride or more");
  // Negative padding adds zeros around what the windows reach.
  const cutBefore = before.map((n) => Math.max(n, 0));
  const cutAfter = after.map((n) => Math.max(n, 0));
  const extents = full.map((extent, k) => extent - cutBefore[k] - cutAfter[k]);
  node.checkSize([x.shape[0], w.shape[1] * group, ...extents], false);
  if (extents.some((extent) => extent < 1)) node.fail("shape-mismatch", "has an empty output");
  const y = convInput(x, w, { strides, dilations, before: cutBefore, after: cutAfter, group }, extents);
  const padded = pad(y, [0, 0, ...before.map((n) => Math.max(-n, 0))], [0, 0, ...after.map((n) => Math.max(-n, 0))]);
  return addBias(padded, node.inputs[2]);
}

/** The attributes of a convolution. */
export const CONV_ATTRIBUTES = {
  auto_pad: AUTO_PAD,
  dilations: INTS,
  group: INT,
  kernel_shape: INTS,
  pads: INTS,
  strides: INTS,
};

/** The extents of the kernels, which a file may state twice. */
function kernelOf(node: NodeContext, weights: Value): Shape {
  const kernel = weights.shape.slice(2);
  const stated = node.ints("kernel_shape");
  if (stated && stated.join() !== kernel.join())
    node.fail("bad-attribute", `has kernel_shape [${stated.join(", ")}], but kernels of shape [${kernel.join(", ")}]`);
  return kernel;
}

export const CONVOLUTIONS: readonly OnnxRule[] = [
  {
    op: "Conv",
    attributes: CONV_ATTRIBUTES,
    inputs: 3,
    slots: ["weight", "weight", "offset"],
    linear: true,
    import: convRule,
  },
  {
    op: "ConvTranspose",
    attributes: { ...CONV_ATTRIBUTES, output_padding: INTS, output_shape: INTS },
    inputs: 3,
    slots: ["weight", "weight", "offset"],
    linear: true,
    import: convTranspose,
  },
];
