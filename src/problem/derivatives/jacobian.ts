import { pullback } from "../../autodiff/pullback.ts";
import { pushforward } from "../../autodiff/pushforward.ts";
import type { Value } from "../../graph/value.ts";
import type { LossGraph } from "../loss-graph.ts";
import type { Derivative } from "./derivative.ts";
import { requireOutputs } from "./require-outputs.ts";

/** J v: the change of every output per unit step along v. */
export const jacobianDerivative: Derivative = {
  name: "jacobian",
  summary: "change of every output along the vector",
  symbol: "jv",
  takesVector: true,
  gives: "outputs",
  build: (loss, vectors) => {
    requireOutputs(loss, "Jacobian");
    return pushforward([loss.outputs], loss.parameters, vectors);
  },
};

/** Jᵀ u. */
export function jacobianTransposed(loss: LossGraph, cotangent: Value): Value[] {
  return pullback([loss.outputs], [cotangent], loss.parameters);
}
