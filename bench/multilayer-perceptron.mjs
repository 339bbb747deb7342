import { Graph } from "../dist/graph/graph.js";
import { emitModel } from "../dist/onnx/emit-model.js";
import { add } from "../dist/ops/arithmetic.js";
import { matmul } from "../dist/ops/matmul.js";
import { tanh } from "../dist/ops/unary.js";

/** The bytes of an ONNX file with a tanh network of the given widths, batch 1 (widened on import), weights as constants. */
export function multilayerPerceptron(widths) {
  const graph = new Graph();
  let h = graph.input("x", "float32", [1, widths[0]]);
  // Equal constants would be one, and one parameter: each layer has numbers of its own.
  widths.slice(1).forEach((width, layer) => {
    const inputs = widths[layer];
    // A fixed, aperiodic filling: the timing does not depend on the values, as long as none is denormal.
    const weight = Float32Array.from(
      { length: width * inputs },
      (_, i) => Math.sin(i * 12.9898 + layer) / Math.sqrt(inputs),
    );
    h = add(
      matmul(h, graph.constant({ dtype: "float32", shape: [inputs, width], data: weight })),
      graph.constant({
        dtype: "float32",
        shape: [width],
        data: new Float32Array(width).map((_, i) => 0.01 * Math.cos(i + layer)),
      }),
    );
    if (layer < widths.length - 2) h = tanh(h);
  });
  return emitModel(new Map([["logits", h]]), { precision: "float32", portable: true }).bytes;
}
