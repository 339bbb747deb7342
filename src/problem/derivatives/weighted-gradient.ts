import { pullback } from "../../autodiff/pullback.ts";
import type { Value } from "../../graph/value.ts";
import type { LossGraph } from "../loss-graph.ts";

/** Σ wᵢ gᵢ for weights of shape [B]. */
export function weightedGradient(loss: LossGraph, weights: Value): Value[] {
  return pullback([loss.perExample], [weights], loss.parameters);
}
