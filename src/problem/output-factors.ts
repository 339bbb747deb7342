import { pullback } from "../autodiff/pullback.ts";
import { pushforward } from "../autodiff/pushforward.ts";
import type { Value } from "../graph/value.ts";
import { mul } from "../ops/arithmetic.ts";
import { fullLike } from "../ops/elementwise.ts";
import { matmul } from "../ops/matmul.ts";
import { concat, sliceAxis } from "../ops/movement.ts";
import { transpose } from "../ops/structure.ts";
import { type DenseLayer, denseLayers, unitsFirst } from "./dense-layers.ts";
import { outputWays } from "./gauss-newton-diagonal.ts";
import type { LossGraph } from "./loss-graph.ts";

/** By what the weights of each unit are multiplied: [units, 1]. */
function factorsOf({ scaled, weights: { value }, weightAxis }: DenseLayer): Value {
  const [factors] = pushforward([scaled], [value], [fullLike(value, 1)]);
  return sliceAxis(unitsFirst(factors, weightAxis), 1, 0, 1);
}

/** Σ (Jᵀe)(JᵀHe)ᵀ of what each layer makes [units, places] or what becomes of it over places, for a direction e in the outputs and H the Hessian of the loss in them. */
export function outputFactors(site: LossGraph, overPlaces: (rows: Value) => Value): Value[] {
  const { outputs } = site;
  const ways = outputWays(site);
  return denseLayers(site).map((layer) => {
    const [rows, others] = ways.map((each) => {
      // One at a time: beside another, behind it, it would be pulled back past that one only.
      const rowsOf = overPlaces(
        concat(
          layer.uses.map(({ made, axis }) => unitsFirst(pullback([outputs], [each], [made])[0], axis)),
          1,
        ),
      );
      return layer.scaled === layer.weights.value ? rowsOf : mul(rowsOf, factorsOf(layer));
    });
    return matmul(rows, transpose(others, [1, 0]));
  });
}
