import { roundValues } from "../../autodiff/round-values.ts";
import type { Value } from "../../graph/value.ts";
import type { LossGraph } from "../loss-graph.ts";
import type { Derivative, Product } from "./derivative.ts";
import { exampleLosses } from "./example-losses.ts";
import { gradientDerivative } from "./gradient.ts";
import { PRODUCTS } from "./registry.ts";

function rounded<D extends Derivative>(derivative: D, movesSources = false): D {
  return {
    ...derivative,
    name: `${derivative.name}, rounded${movesSources ? " from the weights on" : ""}`,
    build: (loss: LossGraph, vectors: readonly Value[]) =>
      roundValues(derivative.build(loss, vectors), loss.parameters, { movesSources }),
  };
}

/** Derivatives with every number on the way moved by a grain: their distance from those is of the size of rounding. */
export const roundedGradient = rounded(gradientDerivative);
/** The same with the weights moved, too. */
export const gradientOfRoundedWeights = rounded(gradientDerivative, true);
export const roundedExampleLosses = rounded(exampleLosses);
export const ROUNDED_PRODUCTS: ReadonlyMap<Product, Product> = new Map(
  PRODUCTS.map((product) => [product, rounded(product)]),
);
