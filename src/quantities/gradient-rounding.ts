import { z } from "zod";
import { roundoff } from "../estimators/products.ts";
import { meanOf, norm2 } from "../linalg/vector.ts";
import { gradientOfRoundedWeights } from "../problem/derivatives/rounded.ts";
import { leastNormal } from "../problem/in-range.ts";
import { ofContributing } from "./contributions.ts";
import type { Desk } from "./desk.ts";
import { exampleNorms } from "./example-norms.ts";
import { lossGradient } from "./loss-gradient.ts";
import { defineQuantity, onlyIf } from "./quantity.ts";
import { MEASURED, roundedParameters, ROUNDINGS } from "./rounding-yardsticks.ts";
import { hasSingleExamples } from "./single-examples.ts";
import { wideGradients, type WideGradients } from "./wide-gradients.ts";

/** What rounding leaves of gradients: below it, a gradient is rounding. */
export interface GradientRounding {
  /** Of one example's gradient, root mean square. */
  readonly example: number;
  /** Of ∇L. */
  readonly gradient: number;
}

/** What may be flushed to 0 of an example's gradient: the gradient of the whole loss is taken in the range of the arithmetic (`inRange`). */
function flushedOf({ problem }: Desk): number {
  return Math.sqrt(problem.space.dimension) * leastNormal(problem.options.precision);
}

/** The distances of gradients, and of the lengths of the examples' gradients, times a factor. */
function distanceOf(
  factor: number,
  squares: Float64Array,
  here: Float64Array,
  there: Pick<WideGradients, "gradient" | "squares">,
): GradientRounding {
  const change = squares.map((square, k) => (Math.sqrt(there.squares[k]) - Math.sqrt(square)) ** 2);
  return {
    example: squares.length > 0 ? factor * Math.sqrt(change.reduce((sum, x) => sum + x, 0) / change.length) : 0,
    gradient: factor * norm2(here.map((x, i) => there.gradient[i] - x)),
  };
}

/**
 * The larger of two: the distance from the gradients in float64, where there are any, which is the error itself; and what
 * rounded weights move (`roundedParameters`).
 *
 * Where a number lies on a kink exactly, as with weights and data that are integers, a rounded weight takes it to the other side,
 * and the gradient jumps: no rounding does that to it. Where the weights move much they are moved inside of the graph, which
 * decides as it did.
 */
export const gradientRounding = defineQuantity({
  name: "rounding of gradients",
  parameters: z.object({}),
  needs: [lossGradient, onlyIf(hasSingleExamples, exampleNorms), wideGradients],
  besides: (setting) => ({ gradients: 1, exampleNorms: hasSingleExamples(setting) ? 1 : 0 }),
  compute: async (desk): Promise<GradientRounding> => {
    const { problem, point, context } = desk;
    const isCoupled = !hasSingleExamples(desk);
    const squares = isCoupled ? new Float64Array(0) : (await desk.get(exampleNorms)).squares;
    const here = await desk.get(lossGradient);
    await using rounded = problem.at(roundedParameters(desk));
    const moved = distanceOf(ROUNDINGS, squares, here, {
      squares: isCoupled ? squares : ofContributing(point, await rounded.exampleGradientSquares(context), 2),
      gradient: await rounded.gradient(context),
    });
    const exact = await desk.get(wideGradients);
    const flushed = isCoupled ? 0 : flushedOf(desk);
    const much = Math.sqrt(roundoff(problem.options));
    const mayJump =
      moved.gradient > much * norm2(here) || moved.example > much * Math.sqrt(squares.length > 0 ? meanOf(squares) : 0);
    const inside = async () =>
      distanceOf(ROUNDINGS, squares, here, {
        squares: isCoupled ? squares : ofContributing(point, await point.roundedExampleGradientSquares(context), 2),
        gradient: await point.derivative(gradientOfRoundedWeights, undefined, context),
      });
    if (!exact) {
      const behind = await inside();
      if (mayJump) return { ...behind, example: behind.example + flushed };
      return { example: moved.example + behind.example + flushed, gradient: moved.gradient + behind.gradient };
    }
    const off = distanceOf(MEASURED, squares, here, exact);
    const by = mayJump ? await inside() : moved;
    return { example: Math.max(by.example, off.example) + flushed, gradient: Math.max(by.gradient, off.gradient) };
  },
});
