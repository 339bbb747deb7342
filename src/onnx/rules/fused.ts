import type { Value } from "../../graph/value.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { relu, sigmoid, softplus, tanh } from "../../ops/unary.ts";
import { FLOAT, FLOATS, STRING } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { SELU_ALPHA, SELU_SCALE } from "../snap-constant.ts";
import { celu, clamp, elu, gelu, geluTanh, hardSigmoid, leakyRelu, softsign, thresholdedRelu } from "./activation.ts";
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

/** Activations that are fused behind a product, with their numbers in the order of their attributes. */
const ACTIVATIONS: Readonly<Record<string, (x: Value, ...numbers: readonly (number | undefined)[]) => Value>> = {
  "": (x) => x,
  Relu: relu,
  Tanh: tanh,
  Sigmoid: sigmoid,
  Softplus: softplus,
  Softsign: softsign,
  LeakyRelu: (x, alpha = 0.01) => leakyRelu(x, alpha),
  ThresholdedRelu: (x, alpha = 1) => thresholdedRelu(x, alpha),
  Elu: (x, alpha = 1) => elu(x, alpha),
  Celu: (x, alpha = 1) => celu(x, alpha),
  Selu: (x, alpha = SELU_ALPHA, gamma = SELU_SCALE) => mul(elu(x, alpha), gamma),
  Clip: (x, low, high) => clamp(x, low, high),
  HardSigmoid: (x, alpha = 0.2, beta = 0.5) => hardSigmoid(x, alpha, beta),
};

/** The activation fused behind a product, with its numbers. */
function fusedActivation(node: NodeContext, y: Value, numbers: readonly (number | undefined)[]): Value {
  const name = node.string("activation", "");
  if (!Object.hasOwn(ACTIVATIONS, name)) node.unsupported(`ends with the activation ${name}`);
  return ACTIVATIONS[name](y, ...numbers);
}

/** Numbers have names by which activations know them: α and β, but α and γ for Selu. */
function fusedGemm(node: NodeContext): Value {
  const number = (name: string) => (node.hasAttribute(name) ? node.float(name, 0) : undefined);
  const second = node.string("activation", "") === "Selu" ? "activation_gamma" : "activation_beta";
  return fusedActivation(node, gemm(node), [number("activation_alpha"), number(second)]);
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
      activation_gamma: FLOAT,
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
