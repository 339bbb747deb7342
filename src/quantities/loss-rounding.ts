import { z } from "zod";
import { roundedExampleLosses } from "../problem/derivatives/rounded.ts";
import type { Point } from "../problem/point.ts";
import { leastNormal } from "../problem/in-range.ts";
import { lossValue } from "./loss-value.ts";
import { defineQuantity } from "./quantity.ts";
import { MEASURED, roundedParameters, ROUNDINGS } from "./rounding-yardsticks.ts";

/**
 * What rounding leaves of the loss: the larger of its distance from the loss in float64, where there is one, and what
 * rounded weights move; and what float32 may flush to 0. Cost: two losses, and one in float64.
 */
export const lossRounding = defineQuantity({
  name: "rounding of the loss",
  parameters: z.object({}),
  needs: [lossValue],
  besides: () => ({ losses: 2, wideLosses: 1 }),
  compute: async (desk) => {
    const { problem, point, context } = desk;
    const { divisor } = point.sample;
    const isCoupled = problem.coupled !== undefined;
    const losses = async (at: Point) =>
      isCoupled ? Float64Array.of((await at.value(context)).loss * divisor) : at.exampleLosses(context);
    await using rounded = problem.at(roundedParameters(desk));
    const [here, there] = [await losses(point), await losses(rounded)];
    const flushed = leastNormal(problem.options.precision);
    const moved = flushed + (ROUNDINGS * here.reduce((sum, x, i) => sum + Math.abs(there[i] - x), 0)) / divisor;
    const exact = point.inFloat64();
    if (!exact) {
      const behind = isCoupled ? here : await point.derivative(roundedExampleLosses, undefined, context);
      return moved + (ROUNDINGS * here.reduce((sum, x, i) => sum + Math.abs(behind[i] - x), 0)) / divisor;
    }
    const { loss } = await desk.get(lossValue);
    return Math.max(moved, MEASURED * Math.abs(loss - (await exact.value(context)).loss));
  },
});
