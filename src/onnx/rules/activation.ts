import type { Value } from "../../graph/value.ts";
import { add, div, mul, sub } from "../../ops/arithmetic.ts";
import { greater, less, maximum, minimum, where } from "../../ops/logic.ts";
import { reshape } from "../../ops/structure.ts";
import { abs, erf, exp, relu, sigmoid, softplus, tanh } from "../../ops/unary.ts";
import { isFloat } from "../../util/tensor.ts";
import { FLOAT, oneOf, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { SELU_ALPHA, SELU_SCALE } from "../snap-constant.ts";
import { raisedNorm, unaryRule } from "./arithmetic.ts";

/** eˣ − 1 for x < 0, else 0; large x never reaches the exponential. */
function negativeExpm1(x: Value): Value {
  return sub(exp(where(greater(x, 0), 0, x)), 1);
}

/** x where positive, else α(eˣ − 1) (Clevert 2015). */
export function elu(x: Value, alpha: number): Value {
  return where(greater(x, 0), x, mul(negativeExpm1(x), alpha));
}

/** x where positive, else α(e^(x/α) − 1) (Barron 2017) */
export function celu(x: Value, alpha: number): Value {
  // Where α is negative the exponential of the negative side still falls: x/α is what decides nowhere.
  const negative = where(greater(x, 0), 0, x);
  return where(greater(x, 0), x, minimum(mul(sub(exp(mul(negative, 1 / alpha)), 1), alpha), 0));
}

export function thresholdedRelu(x: Value, alpha: number): Value {
  return where(greater(x, alpha), x, 0);
}

export function leakyRelu(x: Value, slope: number): Value {
  return where(greater(x, 0), x, mul(x, slope));
}

/** min(1, max(0, αx + β)) */
export function hardSigmoid(x: Value, alpha: number, beta: number): Value {
  return clamp(add(mul(x, alpha), beta), 0, 1);
}

/** max(x, low), by which a square root (a norm) is kept from 0 where low is a positive constant. */
function raise(x: Value, low: Value | number): Value {
  const bound = typeof low === "number" ? x.graph.scalar(low, x.dtype) : low;
  return raisedNorm(x, bound) ?? maximum(x, bound);
}

export function clamp(x: Value, low: Value | number | undefined, high: Value | number | undefined): Value {
  const raised = low === undefined ? x : raise(x, low);
  return high === undefined ? raised : minimum(raised, high);
}

/** x·Φ(x) = x/2·(1 + erf(x/√2)) (Hendrycks 2016) */
export function gelu(x: Value): Value {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** x/2·(1 + tanh(√(2/π)(x + 0.044715x³))) */
export function geluTanh(x: Value): Value {
  const inner = mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, mul(x, mul(x, x)))));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

/** x·σ(αx) (Ramachandran 2017) */
function swish(x: Value, alpha: number): Value {
  return mul(x, sigmoid(mul(x, alpha)));
}

export function softsign(x: Value): Value {
  return div(x, add(1, abs(x)));
}

function clip(node: NodeContext): Value {
  const x = node.input(0);
  if (node.opset >= 11) return clamp(x, node.inputs[1], node.inputs[2]);
  const low = node.hasAttribute("min") ? node.float("min", 0) : undefined;
  const high = node.hasAttribute("max") ? node.float("max", 0) : undefined;
  // Exporters of old opsets write ±3.4e38 for "no limit".
  return clamp(
    x,
    low !== undefined && low > -3e38 ? low : undefined,
    high !== undefined && high < 3e38 ? high : undefined,
  );
}

function isRaisedNorm(node: NodeContext): boolean {
  const [x, low, high] = node.inputs;
  return x !== undefined && low !== undefined && high === undefined && raisedNorm(x, low) !== undefined;
}

/** The slope has the shape of x, or broadcasts to it from the right; in opset 6 one axis is that of the channels. */
function prelu(node: NodeContext): Value {
  const [x, given] = [node.input(0), node.input(1)];
  const isOfChannels = node.opset < 7 && given.shape.length === 1 && x.shape.length > 2;
  const slope = isOfChannels ? reshape(given, [...given.shape, ...x.shape.slice(2).map(() => 1)]) : given;
  return where(less(x, 0), mul(x, slope), x);
}

function shrink(node: NodeContext): Value {
  const x = node.input(0);
  const limit = node.float("lambd", 0.5);
  const bias = node.float("bias", 0);
  return where(less(x, -limit), add(x, bias), where(greater(x, limit), sub(x, bias), 0));
}

function geluRule(node: NodeContext): Value {
  return node.string("approximate", "none") === "tanh" ? geluTanh(node.input(0)) : gelu(node.input(0));
}

function kink(op: string, taken: string): string {
  return `${op} has no derivative at 0 (taken as ${taken}); second derivatives ignore the kink`;
}

function jumps(op: string): string {
  return `The second derivative of ${op} jumps at 0 (taken as that of the negative side)`;
}

function limited(op: string): string {
  return `${op} has no derivative at its limits (taken as that between them); second derivatives ignore the kinks`;
}

export const ACTIVATIONS: readonly OnnxRule[] = [
  unaryRule("Relu", (x) => (isFloat(x.dtype) ? relu(x) : maximum(x, 0))),
  unaryRule("Tanh", tanh),
  unaryRule("Sigmoid", sigmoid),
  unaryRule("Softplus", softplus, { roundsAt: () => 1 }),
  unaryRule("Softsign", softsign),
  unaryRule("Mish", (x) => mul(x, tanh(softplus(x))), { roundsAt: () => 1 }),
  unaryRule("HardSwish", (x) => mul(x, hardSigmoid(x, 1 / 6, 0.5)), {
    bends: () => "HardSwish has no derivative at −3 and 3 (taken as that between); second derivatives ignore the kinks",
  }),
  {
    op: "Swish",
    attributes: { alpha: FLOAT },
    inputs: 1,
    import: (node) => swish(node.input(0), node.float("alpha", 1)),
  },
  {
    op: "SwiGLU",
    attributes: { alpha: FLOAT },
    inputs: 2,
    import: (node) => mul(swish(node.input(0), node.float("alpha", 1)), node.input(1)),
  },
  {
    op: "LeakyRelu",
    attributes: { alpha: FLOAT },
    inputs: 1,
    bends: (node) => (node.float("alpha", 0.01) === 1 ? undefined : kink("LeakyRelu", "α")),
    import: (node) => leakyRelu(node.input(0), node.float("alpha", 0.01)),
  },
  {
    op: "PRelu",
    inputs: 2,
    slots: ["arithmetic", "weight"],
    bends: () => kink("PRelu", "1"),
    import: prelu,
  },
  {
    op: "Elu",
    attributes: { alpha: FLOAT },
    inputs: 1,
    bends: (node) => (node.float("alpha", 1) === 1 ? jumps("Elu") : kink("Elu", "α")),
    import: (node) => elu(node.input(0), node.float("alpha", 1)),
  },
  {
    op: "Selu",
    attributes: { alpha: FLOAT, gamma: FLOAT },
    inputs: 1,
    bends: (node) => (node.float("alpha", SELU_ALPHA) === 1 ? jumps("Selu") : kink("Selu", "αγ")),
    import: (node) => {
      const x = node.input(0);
      return mul(elu(x, node.float("alpha", SELU_ALPHA)), node.float("gamma", SELU_SCALE));
    },
  },
  {
    op: "Celu",
    attributes: { alpha: FLOAT },
    inputs: 1,
    bends: () => jumps("Celu"),
    import: (node) => celu(node.input(0), node.float("alpha", 1)),
  },
  {
    op: "HardSigmoid",
    attributes: { alpha: FLOAT, beta: FLOAT },
    inputs: 1,
    bends: () => limited("HardSigmoid"),
    import: (node) => hardSigmoid(node.input(0), node.float("alpha", 0.2), node.float("beta", 0.5)),
  },
  {
    op: "ThresholdedRelu",
    attributes: { alpha: FLOAT },
    inputs: 1,
    bends: () => "ThresholdedRelu jumps at its threshold, of which derivatives know nothing",
    import: (node) => thresholdedRelu(node.input(0), node.float("alpha", 1)),
  },
  {
    op: "Shrink",
    attributes: { bias: FLOAT, lambd: FLOAT },
    inputs: 1,
    bends: (node) =>
      node.float("bias", 0) === node.float("lambd", 0.5)
        ? "Shrink has no derivative at ±λ (taken as 0); second derivatives ignore the kinks"
        : "Shrink jumps at ±λ, of which derivatives know nothing",
    import: shrink,
  },
  {
    op: "Clip",
    attributes: { min: until(10, FLOAT), max: until(10, FLOAT) },
    inputs: 3,
    slots: ["arithmetic", "limit"],
    // A norm that is kept from 0 is meant to be far from that bound.
    bends: (node) => (isRaisedNorm(node) ? undefined : limited("Clip")),
    import: clip,
  },
  { op: "Gelu", attributes: { approximate: oneOf("none", "tanh") }, inputs: 1, import: geluRule },
];
