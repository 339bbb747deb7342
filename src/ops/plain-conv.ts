import type { Operation } from "../graph/operation.ts";
import type { Value } from "../graph/value.ts";
import type { Shape } from "../util/tensor.ts";
import { convOutputExtents, type ConvGeometry } from "./conv-geometry.ts";

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

/** ONNX Conv as it is, with a bias [O] where there is a third input: what lowerings write where the runtime's own kernel is meant. */
function plainConvOperation(geometry: ConvGeometry): PlainConvOperation {
  const { strides, before, after, dilations, group } = geometry;
  return {
    name: "PlainConv",
    plainGeometry: geometry,
    attributes: { strides, before, after, dilations, group },
    infer: ([x, w]) => ({
      dtype: x.dtype,
      shape: [x.shape[0], w.shape[0], ...convOutputExtents(x.shape, w.shape.slice(2), geometry)],
    }),
    vmap: (node) => {
      throw new RangeError(`${node.operation.name} is made after vectorisation`);
    },
    emit: (node, inputs, e) => e.node("Conv", inputs, onnxAttributes(geometry, node.inputs[1].shape)),
  };
}

export function plainConv(x: Value, w: Value, geometry: ConvGeometry): Value {
  return x.graph.apply(plainConvOperation(geometry), [x, w]);
}

/** The convolution plus a bias [O]; undefined for any other value, and where it has a bias already. */
export function withPlainBias(y: Value, bias: Value): Value | undefined {
  const operation: Operation & Partial<PlainConvOperation> = y.operation;
  return operation.plainGeometry && y.inputs.length === 2 ? y.graph.apply(operation, [...y.inputs, bias]) : undefined;
}
