import { pullback } from "../autodiff/pullback.ts";
import type { Value } from "../graph/value.ts";
import { mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { concat, sliceAxis } from "../ops/movement.ts";
import { expand, reduceSum, reshape, transpose } from "../ops/structure.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { type DenseLayer, denseLayers, unitsFirst } from "./dense-layers.ts";
import { sumOfExamples } from "./gauss-newton-diagonal.ts";
import { outputFactors } from "./output-factors.ts";
import { forEachExample } from "./point-computations.ts";

/** A row vector in the weights of one unit and, in the last column, of its bias: [1, columns]. */
function unitRow({ weightAxis, bias }: DenseLayer, [ofWeights, ofBias]: readonly Value[]): Value {
  const first = (value: Value) => sliceAxis(unitsFirst(value, weightAxis), 0, 0, 1);
  return bias
    ? concat([first(ofWeights), sliceAxis(reshape(ofBias, [1, sizeOf(ofBias.shape)]), 1, 0, 1)], 1)
    : first(ofWeights);
}

/** x̄x̄ᵀ of every example: what all places of a unit pull back to its weights is the sum of its inputs. */
export const REDUCED_INPUT_FACTORS = forEachExample(
  "input factors of layers, reduced",
  (one) =>
    denseLayers(one).map((layer) => {
      const { uses, scaled, bias } = layer;
      const moved = [scaled, ...(bias ? [bias.value] : [])];
      const cotangents = uses.map(({ made, axis: unitAxis }) => {
        const { graph, dtype, shape } = made;
        const unit = allocate(dtype, shape[unitAxis]);
        unit[0] = 1;
        const along = shape.map((extent, axis) => (axis === unitAxis ? extent : 1));
        return expand(graph.constant({ dtype, shape: along, data: unit }), shape);
      });
      const places = uses.reduce((sum, { made, axis }) => sum + sizeOf(made.shape) / made.shape[axis], 0);
      const row = unitRow(
        layer,
        pullback(
          uses.map(({ made }) => made),
          cotangents,
          moved,
        ),
      );
      const mean = mul(row, 1 / places);
      return matmul(transpose(mean, [1, 0]), mean);
    }),
  { after: sumOfExamples },
);

/** G of every layer, of what the places of an example add up to. */
export const REDUCED_OUTPUT_FACTORS = forEachExample(
  "output factors of layers, reduced",
  (one) => outputFactors(one, (rows) => reduceSum(rows, [1])),
  { after: sumOfExamples },
);
