import { z } from "zod";
import { ofContributing } from "./contributions.ts";
import { dataGradient } from "./data-gradient.ts";
import { exampleNormsCheck } from "./example-norms-check.ts";
import { lossGradient } from "./loss-gradient.ts";
import { bytesOfVectors } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";

/** ‖gᵢ‖² of every example that has a term in the loss, gᵢ scaled so that the gradient of the data's loss is their mean. */
export interface ExampleNorms {
  readonly squares: Float64Array;
  /** gᵢᵀḡ, ḡ their mean. */
  readonly alongMean: Float64Array;
  /** gᵢᵀ∇L, which differs by the L2 term. */
  readonly alongGradient: Float64Array;
}

/** Numbers of an example while they are compared, and from then on. */
const WORKING = 12;
const KEPT = 3;

/** ‖gᵢ‖², gᵢᵀḡ and gᵢᵀ∇L for every example: gradients of single examples, none of them a product. */
export const exampleNorms = defineQuantity({
  name: "gradients of single examples",
  parameters: z.object({}),
  needs: [lossGradient, dataGradient],
  // Those of all once more in other batches; a derivative along a vector takes about as long as a gradient.
  besides: ({ problem }) => ({ exampleNorms: 2, gradients: problem.options.l2 === 0 ? 1 : 2 }),
  // The check makes them three times and puts them in order.
  bytes: ({ problem }) => ({
    working: bytesOfVectors(problem.examples, WORKING),
    kept: bytesOfVectors(problem.examples, KEPT),
  }),
  compute: async (desk): Promise<ExampleNorms> => {
    const { point, problem, context } = desk;
    const whole = await desk.get(lossGradient);
    const mean = await desk.get(dataGradient);
    const squares = ofContributing(point, await point.exampleGradientSquares(context), 2);
    const alongMean = ofContributing(point, await point.exampleDerivatives(mean, context), 1);
    const alongGradient =
      problem.options.l2 === 0 ? alongMean : ofContributing(point, await point.exampleDerivatives(whole, context), 1);
    const check = await exampleNormsCheck(desk, squares);
    if (check) desk.checks.push(check);
    return { squares, alongMean, alongGradient };
  },
});
