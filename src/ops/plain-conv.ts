import type { Operation, Value } from "../graph/value.ts";
import type { Shape } from "../util/tensor.ts";
import { defineKernel } from "./define-op.ts";
import { convOutputExtents, type ConvGeometry, convGeometrySchema } from "./conv-geometry.ts";

/** The attributes of ONNX Conv and ConvTranspose. */
export function onnxAttributes(geometry: ConvGeometry, weight: Shape) {
  return {
    kernel_shape: weight.slice(2),
    strides: geometry.strides,
    pads: [...geometry.before, ...geometry.after],
    dilations: geometry.dilations,
    group: geometry.group,
  };
}

interface PlainConvOperation extends Operation {
  readonly plainGeometry: ConvGeometry;
}

/** PlainConv: ONNX Conv as it is, with a bias [O] where there is a third input: what lowerings write where the runtime's own kernel is meant. */
export const PlainConv = defineKernel({
  name: "PlainConv",
  summary: "convolution by the runtime's own kernel",
  attributes: convGeometrySchema,
  make: (geometry): PlainConvOperation => ({
    name: "PlainConv",
    plainGeometry: geometry,
    attributes: geometry,
    infer: ([x, w]) => ({
      dtype: x.dtype,
      shape: [x.shape[0], w.shape[0], ...convOutputExtents(x.shape, w.shape.slice(2), geometry)],
    }),
    vmap: (node) => {
      throw new RangeError(`${node.operation.name} is made after vectorisation`);
    },
    emit: (node, inputs, e) => e.node("Conv", inputs, onnxAttributes(geometry, node.inputs[1].shape)),
  }),
});

export function plainConv(x: Value, w: Value, geometry: ConvGeometry): Value {
  const { strides, before, after, dilations, group } = geometry;
  return x.graph.apply(PlainConv.make({ strides, before, after, dilations, group }), [x, w]);
}

/** The convolution plus a bias [O]; undefined for any other value, and where it has a bias already. */
export function withPlainBias(y: Value, bias: Value): Value | undefined {
  const operation: Operation & Partial<PlainConvOperation> = y.operation;
  return operation.plainGeometry && y.inputs.length === 2 ? y.graph.apply(operation, [...y.inputs, bias]) : undefined;
}
