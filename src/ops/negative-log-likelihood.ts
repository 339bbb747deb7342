import { z } from "zod";
import { normalizeAxis } from "../graph/broadcast.ts";
import type { ExamplesLayout, InputLayouts } from "../graph/examples-layout.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { NONE, always } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { axisSchema } from "./attribute-schemas.ts";
import { add, mul, neg, sub } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { requireFloat } from "./elementwise.ts";
import { cast } from "./logic.ts";
import { reduceMax } from "./reduction.ts";
import { relativeToClass } from "./relative-to-class.ts";
import { expand, reduceSum } from "./structure.ts";
import { exp, logOnePlus, relu } from "./unary.ts";

/**
 * NegativeLogLikelihood: −log softmax(z)_r along an axis (kept with extent 1), r the class that `chosen` marks in each
 * row: y = log(1 + Σ_{c≠r} eˣ), x = z − z_r (Nielsen & Sun 2016). With p_r near 1 it is Σ eˣ to full relative precision,
 * where log-sum-exp would leave the rounding of 1; and so are its derivatives, in which 1 − p_r never stands. In a row
 * without a mark nothing is subtracted. An element −∞ takes no part.
 */
export const NegativeLogLikelihood = defineOp({
  name: "NegativeLogLikelihood",
  summary: "−log softmax(z) of the marked class along an axis",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    ...shared("NegativeLogLikelihood", axis, negativeLogLikelihood),
    infer: ([z]) => {
      requireFloat("NegativeLogLikelihood", z);
      return { dtype: z.dtype, shape: z.shape.map((extent, each) => (each === axis ? 1 : extent)) };
    },
    jvp: (node, [t]) => t && reduceSum(mul(gradient(node, axis), t), [axis]),
    vjp: (node, g, input) => (input === 0 ? mul(gradient(node, axis), g) : undefined),
    // log(1 + Σ eˣ) = m + log(1 + [(e⁻ᵐ − 1) + Σ eˣ⁻ᵐ]), m = max(0, max x): m is 0 where all x are below it.
    lower: (_node, [z, chosen]) => {
      const x = relativeToClass(z, chosen, axis, -Infinity);
      const shift = relu(reduceMax(x, [axis]));
      const sum = reduceSum(exp(sub(x, shift)), [axis]);
      return add(shift, logOnePlus(add(sub(exp(neg(shift)), 1), sum)));
    },
  }),
});

/**
 * OtherProbabilities: q = softmax(z) along an axis, 0 at the class that `chosen` marks. The gradient of the negative
 * log-likelihood is q, with −Σ q at that class. dq = q (dz − Σ p dz), p the whole softmax: a sum over all classes, so
 * that nothing has to be taken relative to the marked one again.
 */
export const OtherProbabilities = defineOp({
  name: "OtherProbabilities",
  summary: "softmax(z) along an axis, 0 at the marked class",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    ...shared("OtherProbabilities", axis, otherProbabilities),
    infer: ([z]) => {
      requireFloat("OtherProbabilities", z);
      return { dtype: z.dtype, shape: z.shape };
    },
    jvp: (node, [t]) => t && mul(node, sub(t, reduceSum(mul(probabilities(node.inputs, axis), t), [axis]))),
    vjp: (node, g, input) => {
      if (input !== 0) return undefined;
      const weighted = mul(node, g);
      return sub(weighted, mul(probabilities(node.inputs, axis), reduceSum(weighted, [axis])));
    },
    lower: (_node, [z, chosen]) => probabilities([z, chosen], axis, -Infinity),
  }),
});

/** What both have in common: logits and marks of one shape, and no node in ONNX. */
function shared(name: string, axis: number, apply: (z: Value, chosen: Value, axis: number) => Value) {
  return {
    name,
    scaling: always(NONE),
    attributes: { axis },
    examplesLayout: (_node: Value, given: InputLayouts): ExamplesLayout | undefined => {
      const [first, ...rest] = given.filter((layout) => layout !== undefined);
      const agree = rest.every((layout) => layout.axis === first.axis && layout.outer === first.outer);
      return agree && first.axis !== axis ? first : undefined;
    },
    vmap: (_node: Value, inputs: readonly Value[], batched: readonly boolean[], size: number): Value => {
      const [z, chosen] = inputs.map((input, i) => (batched[i] ? input : expand(input, [size, ...input.shape])));
      return apply(z, chosen, axis + 1);
    },
    emit: (): never => {
      throw new ThalwegError({
        kind: "internal",
        code: "not-lowered",
        message: `${name} has no node of its own in ONNX, and was not lowered.`,
      });
    },
  };
}

/** q, and −Σ q at the marked class. */
function gradient(node: Value, axis: number): Value {
  const [z, chosen] = node.inputs;
  const q = otherProbabilities(z, chosen, axis);
  return sub(q, mul(cast(chosen, z.dtype), reduceSum(q, [axis])));
}

/** The whole softmax: e^{x − y}, x = 0 at the marked class; 0 there where x is −∞. */
function probabilities([z, chosen]: readonly Value[], axis: number, own = 0): Value {
  return exp(sub(relativeToClass(z, chosen, axis, own), negativeLogLikelihood(z, chosen, axis)));
}

/**
 * −log softmax(z)_r along an axis, which stays with extent 1; `chosen` marks r in each row, as truth values.
 *
 * @example
 * negativeLogLikelihood(floats([[0, 0]]), truths([[1, 0]]), 1); // → [[0.693147181]]
 */
export function negativeLogLikelihood(z: Value, chosen: Value, axis: number): Value {
  const own = normalizeAxis("NegativeLogLikelihood", axis, z.shape.length);
  return z.graph.apply(NegativeLogLikelihood.make({ axis: own }), [z, chosen]);
}

/**
 * softmax(z) along an axis, and 0 where `chosen` is true.
 *
 * @example
 * otherProbabilities(floats([[0, 0]]), truths([[1, 0]]), 1); // → [[0, 0.5]]
 */
export function otherProbabilities(z: Value, chosen: Value, axis: number): Value {
  const own = normalizeAxis("OtherProbabilities", axis, z.shape.length);
  return z.graph.apply(OtherProbabilities.make({ axis: own }), [z, chosen]);
}
