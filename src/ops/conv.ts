import { keptAxis } from "../graph/where-examples-meet.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { reachable } from "../graph/traverse.ts";
import { SUM, always } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { positiveSchema, shapeSchema } from "./attribute-schemas.ts";
import { addMaybe, mul } from "./arithmetic.ts";
import { lowerConv, lowerConvInput, lowerConvWeight } from "./conv-lowering.ts";
import { convOutputExtents, type ConvGeometry, convGeometrySchema } from "./conv-geometry.ts";
import { defineOp } from "./define-op.ts";
import { requireSameDtype } from "./elementwise.ts";
import { sliceAxis, stack } from "./movement.ts";
import { onnxAttributes } from "./plain-conv.ts";
import { reshape } from "./structure.ts";

/*
 * Convolution is a trilinear form ⟨g, x∗w⟩. Its three partial contractions
 *   Conv(x, w) = y      ConvInput(g, w) = x̄      ConvWeight(x, g) = w̄
 * are each linear in both arguments, and the derivatives of each are the other two. The lowering to
 * kernels is decided per shape in conv-lowering.ts.
 */

function attributesOf(geometry: ConvGeometry) {
  const { strides, before, after, dilations, group } = geometry;
  return { strides, before, after, dilations, group };
}

/** Conv: cross-correlation of x [N, C, …] with w [O, C/group, …], any number of spatial axes. */
export const Conv = defineOp({
  name: "Conv",
  summary: "convolution (cross-correlation) of images with kernels",
  attributes: convGeometrySchema,
  make: (geometry): Primitive => ({
    name: "Conv",
    takes: ["floats"],
    scaling: always(SUM),
    unitAxes: [undefined, 1],
    weightAxes: (_node, i) => (i === 1 ? [0] : undefined),
    madeAxes: (_node, i) => (i === 1 ? [1] : undefined),
    // The units of different groups are given different channels.
    layerAxes: (_node, i) => (i === 1 && geometry.group === 1 ? [0, 1] : undefined),
    attributes: attributesOf(geometry),
    examplesLayout: keptAxis((axis) => axis === 0),
    units: (node, [x, w], desk) => {
      const { group } = geometry;
      const [images, kernels] = node.inputs.map(({ shape }) => shape);
      for (const axis of [...x.slice(2), ...w.slice(2)]) desk.allow(axis, "fixed");
      const [inGroups, inputs] = desk.regroup([x[1]], [group, images[1] / group]);
      const [outGroups, outputs] = desk.regroup([w[0]], [group, kernels[0] / group]);
      desk.contract(inputs, w[1]);
      const groups = desk.allow(desk.join(inGroups, outGroups), "permutation");
      return [x[0], [...groups, ...outputs], ...node.shape.slice(2).map((extent) => desk.fixed(extent))];
    },
    multiplyAdds: (node) => sizeOf(node.shape) * sizeOf(node.inputs[1].shape.slice(1)),
    infer: (inputs) => {
      requireSameDtype("Conv", inputs);
      const [x, w] = inputs;
      const { group } = geometry;
      if (
        x.shape.length < 3 ||
        x.shape.length !== w.shape.length ||
        x.shape[1] !== w.shape[1] * group ||
        w.shape[0] % group !== 0
      ) {
        throw new ThalwegError({
          kind: "input",
          code: "shape-mismatch",
          message: `Conv with ${group} group(s) cannot apply kernels of shape [${w.shape.join(", ")}] to images of shape [${x.shape.join(", ")}].`,
          where: { op: "Conv" },
        });
      }
      return {
        dtype: x.dtype,
        shape: [x.shape[0], w.shape[0], ...convOutputExtents(x.shape, w.shape.slice(2), geometry)],
      };
    },
    jvp: (node, [s, t]) => {
      const [x, w] = node.inputs;
      return addMaybe(s && conv(s, w, geometry), t && conv(x, t, geometry));
    },
    vjp: (node, g, i) => {
      const [x, w] = node.inputs;
      return i === 0 ? convInput(g, w, geometry, x.shape.slice(2)) : convWeight(x, g, geometry, w.shape.slice(2));
    },
    // One factor per output channel: a·(x∗w) = x∗(a·w). Not where the factor is made from the images (batch statistics): they are needed then.
    scaled: (node, factor) => {
      const [x, w] = node.inputs;
      const rank = node.shape.length;
      const extents = [...new Array<number>(Math.max(0, rank - factor.shape.length)).fill(1), ...factor.shape];
      const isPerChannel = extents.length === rank && extents.every((extent, axis) => axis === 1 || extent === 1);
      if (!isPerChannel || reachable([factor]).includes(node)) return undefined;
      return conv(x, mul(w, reshape(factor, [extents[1], ...w.shape.slice(1).map(() => 1)])), geometry);
    },
    vmap: (_node, inputs, batched, size) => blockRule(inputs, batched, size, true, (x, w) => conv(x, w, geometry)),
    lower: (node, inputs, target) => lowerConv(node, inputs, target, geometry),
    emit: (node, inputs, e) => e.node("Conv", inputs, onnxAttributes(geometry, node.inputs[1].shape)),
  }),
});

/**
 * Cross-correlation of images [N, C, …] with kernels [O, C/group, …].
 *
 * @example
 * conv(floats([[[1, 2, 3]]]), floats([[[1, 10]]]), { strides: [1], before: [0], after: [0], dilations: [1], group: 1 }); // → [[[21, 32]]]
 */
export function conv(x: Value, w: Value, geometry: ConvGeometry): Value {
  return x.graph.apply(Conv.make(geometry), [x, w]);
}

/** ConvInput: what a cotangent g [N, O, …] of Conv contributes to the images. ONNX calls it ConvTranspose. */
export const ConvInput = defineOp({
  name: "ConvInput",
  summary: "adjoint of Conv in the images (transposed convolution)",
  attributes: convGeometrySchema.extend({ extents: shapeSchema }),
  make: (attributes): Primitive => ({
    name: "ConvInput",
    scaling: always(SUM),
    unitAxes: [undefined, 1],
    // A channel of what comes out has one weight for each of what goes in; of its own group alone where there are several.
    weightAxes: (_node, i) => (i === 1 ? [{ axis: 0, groups: attributes.group }, 1] : undefined),
    madeAxes: (_node, i) => (i === 1 ? [1] : undefined),
    attributes: { ...attributesOf(attributes), extents: attributes.extents },
    examplesLayout: keptAxis((axis) => axis === 0),
    units: (node, [g, w], desk) => {
      const { group } = attributes;
      const [cotangents, kernels] = node.inputs.map(({ shape }) => shape);
      for (const axis of [...g.slice(2), ...w.slice(2)]) desk.allow(axis, "fixed");
      const [inGroups, inputs] = desk.regroup([g[1]], [group, cotangents[1] / group]);
      const [outGroups, summed] = desk.regroup([w[0]], [group, kernels[0] / group]);
      desk.contract(inputs, summed);
      const groups = desk.allow(desk.join(inGroups, outGroups), "permutation");
      return [g[0], [...groups, ...w[1]], ...node.shape.slice(2).map((extent) => desk.fixed(extent))];
    },
    multiplyAdds: ({ inputs: [g, w] }) => sizeOf(g.shape) * sizeOf(w.shape.slice(1)),
    infer: (inputs) => {
      requireSameDtype("ConvInput", inputs);
      const [g, w] = inputs;
      return { dtype: g.dtype, shape: [g.shape[0], w.shape[1] * attributes.group, ...attributes.extents] };
    },
    jvp: (node, [s, t]) => {
      const [g, w] = node.inputs;
      return addMaybe(
        s && convInput(s, w, attributes, attributes.extents),
        t && convInput(g, t, attributes, attributes.extents),
      );
    },
    vjp: (node, h, i) => {
      const [g, w] = node.inputs;
      return i === 0 ? conv(h, w, attributes) : convWeight(h, g, attributes, w.shape.slice(2));
    },
    vmap: (_node, inputs, batched, size) =>
      blockRule(inputs, batched, size, true, (g, w) => convInput(g, w, attributes, attributes.extents)),
    lower: (node, inputs, target) => lowerConvInput(node, inputs, target, attributes, attributes.extents),
    emit: (node, inputs, e) => {
      const kernel = node.inputs[1].shape.slice(2);
      // The output is longer than the windows reach where the stride does not divide: ONNX pads it at the end.
      const rest = attributes.extents.map((extent, k) => {
        const reach =
          (node.inputs[0].shape[2 + k] - 1) * attributes.strides[k] + (kernel[k] - 1) * attributes.dilations[k] + 1;
        return extent + attributes.before[k] + attributes.after[k] - reach;
      });
      return e.node("ConvTranspose", inputs, {
        ...onnxAttributes(attributes, node.inputs[1].shape),
        output_padding: rest,
      });
    },
  }),
});

/**
 * The adjoint of conv in the images: a cotangent spread over what it was made of.
 *
 * @example
 * convInput(floats([[[1, 1]]]), floats([[[1, 10]]]), { strides: [1], before: [0], after: [0], dilations: [1], group: 1 }, [3]); // → [[[1, 11, 10]]]
 */
export function convInput(g: Value, w: Value, geometry: ConvGeometry, extents: Shape): Value {
  return g.graph.apply(ConvInput.make({ ...geometry, extents }), [g, w]);
}

/** ConvWeight: what a cotangent g of Conv contributes to the kernels, given the images. */
export const ConvWeight = defineOp({
  name: "ConvWeight",
  summary: "adjoint of Conv in the kernels",
  attributes: convGeometrySchema.extend({ kernel: positiveSchema }),
  make: (attributes): Primitive => ({
    name: "ConvWeight",
    scaling: always(SUM),
    attributes: { ...attributesOf(attributes), kernel: attributes.kernel },
    multiplyAdds: (node) => sizeOf(node.inputs[1].shape) * sizeOf(node.shape.slice(1)),
    infer: (inputs) => {
      requireSameDtype("ConvWeight", inputs);
      const [x, g] = inputs;
      return { dtype: g.dtype, shape: [g.shape[1], x.shape[1] / attributes.group, ...attributes.kernel] };
    },
    jvp: (node, [s, t]) => {
      const [x, g] = node.inputs;
      return addMaybe(
        s && convWeight(s, g, attributes, attributes.kernel),
        t && convWeight(x, t, attributes, attributes.kernel),
      );
    },
    vjp: (node, u, i) => {
      const [x, g] = node.inputs;
      return i === 0 ? convInput(g, u, attributes, x.shape.slice(2)) : conv(x, u, attributes);
    },
    vmap: (_node, inputs, batched, size) =>
      blockRule(inputs, batched, size, false, (x, g) => convWeight(x, g, attributes, attributes.kernel)),
    lower: (node, inputs, target) => lowerConvWeight(node, inputs, target, attributes, attributes.kernel),
    emit: (node) => {
      throw new ThalwegError({
        kind: "internal",
        code: "not-lowered",
        message: `${node.operation.name} has no ONNX operator of its own and must be lowered first.`,
      });
    },
  }),
});

/**
 * The adjoint of conv in the kernels.
 *
 * @example
 * convWeight(floats([[[1, 2, 3]]]), floats([[[1, 1]]]), { strides: [1], before: [0], after: [0], dilations: [1], group: 1 }, [2]); // → [[[3, 5]]]
 */
export function convWeight(x: Value, g: Value, geometry: ConvGeometry, kernel: Shape): Value {
  return x.graph.apply(ConvWeight.make({ ...geometry, kernel }), [x, g]);
}

/**
 * A block of images joins the batch axis; anything else is done one by one, because one convolution
 * per tangent is as fast as the transpositions that joining them needs.
 */
function blockRule(
  inputs: readonly Value[],
  batched: readonly boolean[],
  size: number,
  joinable: boolean,
  apply: (a: Value, b: Value) => Value,
): Value {
  const [a, b] = inputs;
  if (joinable && batched[0] && !batched[1]) {
    const joined = apply(reshape(a, [size * a.shape[1], ...a.shape.slice(2)]), b);
    return reshape(joined, [size, a.shape[1], ...joined.shape.slice(1)]);
  }
  const pick = (value: Value, isBatched: boolean, i: number) =>
    isBatched ? reshape(sliceAxis(value, 0, i, i + 1), value.shape.slice(1)) : value;
  const parts = Array.from({ length: size }, (_, i) => apply(pick(a, batched[0], i), pick(b, batched[1], i)));
  return stack(parts, 0);
}
