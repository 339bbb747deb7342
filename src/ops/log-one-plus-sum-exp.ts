import { normalizeAxis } from "../graph/broadcast.ts";
import { keptAxis } from "../graph/examples-layout.ts";
import type { Operation } from "../graph/operation.ts";
import type { Value } from "../graph/value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { add, mul, neg, sub } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { requireFloat } from "./elementwise.ts";
import { reduceMax } from "./reduction.ts";
import { reduceSum } from "./structure.ts";
import { exp, logOnePlus, relu } from "./unary.ts";

/**
 * LogOnePlusSumExp: y = log(1 + Σ eˣ) along an axis (kept with extent 1), the log-sum-exp of x and a zero beside it
 * (Nielsen & Sun 2016). With all x far below zero it is Σ eˣ to full relative precision, where log-sum-exp would
 * leave the rounding of 1. Its derivatives are the probabilities p = e^{x − y} beside the zero's, products without
 * cancellation in every order. An element −∞ takes no part.
 */
export const LogOnePlusSumExp = defineOp({
  name: "LogOnePlusSumExp",
  summary: "log(1 + Σ eˣ) along an axis",
  make: ({ axis }: { axis: number }): Operation => ({
    name: "LogOnePlusSumExp",
    attributes: { axis },
    examplesLayout: keptAxis((own) => own !== axis),
    infer: ([x]) => {
      requireFloat("LogOnePlusSumExp", x);
      return { dtype: x.dtype, shape: x.shape.map((extent, each) => (each === axis ? 1 : extent)) };
    },
    jvp: (node, [t]) => t && reduceSum(mul(probabilities(node), t), [axis]),
    vjp: (node, g) => mul(probabilities(node), g),
    vmap: (_node, [x]) => logOnePlusSumExp(x, axis + 1),
    // log(1 + Σ eˣ) = m + log(1 + [(e⁻ᵐ − 1) + Σ eˣ⁻ᵐ]), m = max(0, max x): m is 0 where all x are below it.
    lower: (_node, [x]) => {
      const shift = relu(reduceMax(x, [axis]));
      const sum = reduceSum(exp(sub(x, shift)), [axis]);
      return add(shift, logOnePlus(add(sub(exp(neg(shift)), 1), sum)));
    },
    emit: () => {
      throw new ThalwegError({
        kind: "internal",
        code: "not-lowered",
        message: "LogOnePlusSumExp has no node of its own in ONNX, and was not lowered.",
      });
    },
  }),
});

function probabilities(node: Value): Value {
  return exp(sub(node.inputs[0], node));
}

/** log(1 + Σ eˣ) along an axis, which stays with extent 1. */
export function logOnePlusSumExp(x: Value, axis: number): Value {
  return x.graph.apply(LogOnePlusSumExp.make({ axis: normalizeAxis("LogOnePlusSumExp", axis, x.shape.length) }), [x]);
}
