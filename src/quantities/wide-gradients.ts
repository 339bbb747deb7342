import { z } from "zod";
import { gradientDerivative } from "../problem/derivatives/gradient.ts";
import { ofContributing } from "./contributions.ts";
import { meanByCount } from "./gradient-by-count.ts";
import { withL2 } from "./loss-gradient.ts";
import { defineQuantity } from "./quantity.ts";
import { hasSingleExamples } from "./single-examples.ts";

/** Gradients in float64. */
export interface WideGradients {
  readonly gradient: Float64Array;
  /** Without the L2 term. */
  readonly mean: Float64Array;
  /** As `meanByCount` has it. */
  readonly byCount: Float64Array | undefined;
  /** ‖gᵢ‖² and gᵢᵀg; empty where no example has a gradient of its own. */
  readonly squares: Float64Array;
  readonly along: Float64Array;
}

/**
 * The gradients of the same problem in float64: what those of a float32 problem are off by is their distance from these.
 * Undefined where there is no such problem. Cost: three gradients in float64.
 */
export const wideGradients = defineQuantity({
  name: "gradients in float64",
  parameters: z.object({}),
  besides: (setting) => {
    if (!setting.problem.hasFloat64) return {};
    return hasSingleExamples(setting) ? { wideGradients: 2, wideExampleNorms: 1 } : { wideGradients: 1 };
  },
  compute: async ({ problem, point, context }): Promise<WideGradients | undefined> => {
    const exact = point.inFloat64();
    if (!exact) return undefined;
    const mean = await exact.dataDerivative(gradientDerivative, context);
    const gradient = withL2(point, mean);
    if (!hasSingleExamples({ problem }))
      return { gradient, mean, byCount: undefined, squares: new Float64Array(0), along: new Float64Array(0) };
    const squares = ofContributing(point, await exact.exampleGradientSquares(context), 2);
    const along = ofContributing(point, await exact.exampleDerivatives(mean, context), 1);
    return { gradient, mean, byCount: await meanByCount(exact, context), squares, along };
  },
});
