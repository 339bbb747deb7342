import type { Value } from "../../graph/value.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { relu, sigmoid, tanh } from "../../ops/unary.ts";
import { FLOAT, FLOATS, STRING, only } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { clamp, gelu, geluTanh, hardSigmoid, leakyRelu } from "./activation.ts";
import { CONV_ATTRIBUTES, convRule } from "./convolution.ts";
import { gemm, GEMM_ATTRIBUTES } from "./matrix-product.ts";
import {
  affine,
  LAYER_ATTRIBUTES,
  layerNormalization,
  rmsNormalization,
  rootMeanSquare,
  standardize,
} from "./normalization.ts";

/* Operators that ONNX Runtime's optimiser puts in the place of several standard ones. */

const DOMAIN = "com.microsoft";

/** The activation fused behind a product, with its numbers. */
function fusedActivation(node: NodeContext, y: Value, numbers: readonly number[]): Value {
  const [alpha, beta] = numbers;
  switch (node.string("activation", "")) {
    case "":
      return y;
    case "Relu":
      return relu(y);
    case "Tanh":
      return tanh(y);
    case "Sigmoid":
      return sigmoid(y);
    case "LeakyRelu":
      return leakyRelu(y, alpha ?? 0.01);
    case "Clip":
      return clamp(y, alpha, beta);
    case "HardSigmoid":
      return hardSigmoid(y, alpha ?? 0.2, beta ?? 0.5);
    default:
      return node.unsupported(`ends with the activation ${node.string("activation", "")}`);
  }
}

function fusedGemm(node: NodeContext): Value {
  const numbers = ["activation_alpha", "activation_beta"]
    .filter((name) => node.hasAttribute(name))
    .map((name) => node.float(name, 0));
  return fusedActivation(node, gemm(node), numbers);
}

/** Conv, then a sum with another image, then the activation. */
function fusedConv(node: NodeContext): Value {
  const y = convRule(node);
  return fusedActivation(node, node.has(3) ? add(y, node.input(3)) : y, node.floats("activation_params") ?? []);
}

function sumOf(node: NodeContext, bias: number): Value {
  const sum = add(node.input(0), node.input(1));
  return node.has(bias) ? add(sum, node.input(bias)) : sum;
}

function skipLayerNormalization(node: NodeContext): (Value | undefined)[] {
  const sum = sumOf(node, 4);
  const { y, mean, inverse } = standardize(sum, [sum.shape.length - 1], node.float("epsilon", 1e-12));
  return [affine(y, node.input(2), node.inputs[3]), mean, inverse, sum];
}

function skipRootMeanSquare(node: NodeContext): (Value | undefined)[] {
  const sum = sumOf(node, 3);
  const { y, inverse } = rootMeanSquare(sum, [sum.shape.length - 1], node.float("epsilon", 1e-12));
  return [mul(y, node.input(2)), undefined, inverse, sum];
}

function biased(node: NodeContext): Value {
  return node.has(1) ? add(node.input(0), node.input(1)) : node.input(0);
}

export const FUSED: readonly OnnxRule[] = [
  { op: "Gelu", domain: DOMAIN, inputs: 1, import: (node) => gelu(node.input(0)) },
  { op: "BiasGelu", domain: DOMAIN, inputs: 2, slots: ["arithmetic", "offset"], import: (node) => gelu(biased(node)) },
  {
    op: "FastGelu",
    domain: DOMAIN,
    inputs: 2,
    slots: ["arithmetic", "offset"],
    import: (node) => geluTanh(biased(node)),
  },
  {
    op: "QuickGelu",
    domain: DOMAIN,
    attributes: { alpha: FLOAT },
    inputs: 1,
    import: (node) => mul(node.input(0), sigmoid(mul(node.input(0), node.float("alpha", 1.702)))),
  },
  {
    op: "FusedGemm",
    domain: DOMAIN,
    attributes: {
      ...GEMM_ATTRIBUTES,
      activation: STRING,
      activation_alpha: FLOAT,
      activation_beta: FLOAT,
      activation_gamma: only(0),
    },
    inputs: 3,
    slots: ["weight", "weight", "offset"],
    import: fusedGemm,
  },
  {
    op: "FusedConv",
    domain: DOMAIN,
    attributes: { ...CONV_ATTRIBUTES, activation: STRING, activation_params: FLOATS },
    inputs: 4,
    slots: ["weight", "weight", "offset", "arithmetic"],
    import: fusedConv,
  },
  {
    op: "SkipLayerNormalization",
    domain: DOMAIN,
    attributes: { epsilon: FLOAT },
    inputs: 5,
    slots: ["arithmetic", "arithmetic", "gain", "offset"],
    import: skipLayerNormalization,
  },
  {
    op: "SkipSimplifiedLayerNormalization",
    domain: DOMAIN,
    attributes: { epsilon: FLOAT },
    inputs: 4,
    slots: ["arithmetic", "arithmetic", "gain", "offset"],
    import: skipRootMeanSquare,
  },
  // ONNX Runtime keeps these two in the standard domain.
  {
    op: "SimplifiedLayerNormalization",
    attributes: LAYER_ATTRIBUTES,
    inputs: 2,
    slots: ["arithmetic", "gain"],
    import: rmsNormalization,
  },
  {
    op: "LayerNormalization",
    domain: DOMAIN,
    attributes: LAYER_ATTRIBUTES,
    inputs: 3,
    slots: ["arithmetic", "gain", "offset"],
    import: layerNormalization,
  },
  {
    op: "SimplifiedLayerNormalization",
    domain: DOMAIN,
    attributes: LAYER_ATTRIBUTES,
    inputs: 2,
    slots: ["arithmetic", "gain"],
    import: rmsNormalization,
  },
];
