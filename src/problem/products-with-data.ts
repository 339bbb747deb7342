import { dependents, inputsOf, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";
import type { LossGraph } from "./loss-graph.ts";

/** Products that an element must be a sum of for three of its kind, kept, to be read faster than it is computed. */
const WORTH = 64;

/**
 * The products of weights with what depends on the data alone, as of a first dense layer: they are linear in the weights,
 * so that at θ + Σ xᵢ vᵢ they are what they are at θ, plus xᵢ times what they are at vᵢ. Those of few terms are left out.
 */
export function productsWithData({ perExample, parameters }: LossGraph): Value[] {
  const order = reachable([perExample]);
  const trained = new Set(parameters);
  const ofWeights = dependents(order, parameters);
  const fed = [...inputsOf([perExample]).values()].filter((input) => !trained.has(input));
  const ofData = dependents(order, fed);
  /** Weights as they are, only moved: linear in θ. */
  const moved = new Set<Value>(parameters);
  for (const value of order)
    if (value.operation.moves === true && value.inputs.length === 1 && moved.has(value.inputs[0])) moved.add(value);
  return order.filter((value) => {
    const { operation, inputs, shape } = value;
    const weights = inputs.findIndex((input, i) => moved.has(input) && operation.weightAxes?.(value, i) !== undefined);
    const isProduct =
      weights >= 0 && inputs.every((input, i) => i === weights || (ofData.has(input) && !ofWeights.has(input)));
    return isProduct && (operation.multiplyAdds?.(value) ?? 0) >= WORTH * sizeOf(shape);
  });
}
