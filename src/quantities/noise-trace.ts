import { z } from "zod";
import { productRounding } from "../estimators/products.ts";
import { dot, meanOf } from "../linalg/vector.ts";
import { dataGradient } from "./data-gradient.ts";
import type { Desk } from "./desk.ts";
import { exampleNorms } from "./example-norms.ts";
import { gradientRounding } from "./gradient-rounding.ts";
import { defineQuantity } from "./quantity.ts";
import { MEASURED } from "./rounding-yardsticks.ts";
import { wideGradients } from "./wide-gradients.ts";

/** tr Σ from the examples' gradients: their mean square less ‖g‖². */
export interface NoiseTrace {
  /** (1/n) Σ ‖gᵢ‖². */
  readonly meanSquare: number;
  /** 0 where all gradients agree up to rounding. */
  readonly value: number;
  /** What the cancellation of the two leaves to rounding. */
  readonly rounding: number;
}

/** What rounding leaves of tr Σ. */
async function roundingOf(desk: Desk, meanSquare: number, trace: number, examples: number): Promise<number> {
  const { dimension } = desk.problem.space;
  const { example } = await desk.get(gradientRounding);
  // The examples' rounding errors are independent; their squares add up whatever their signs.
  const ofExamples = example ** 2 + (2 * example * Math.sqrt(meanSquare)) / Math.sqrt(examples);
  const { precision } = desk.problem.options;
  const moved = productRounding({ dimension, precision }, meanSquare) + ofExamples;
  const exact = await desk.get(wideGradients);
  if (!exact) return moved;
  return Math.max(moved, MEASURED * Math.abs(trace - (meanOf(exact.squares) - dot(exact.mean, exact.mean))));
}

/** tr Σ = (1/n) Σ ‖gᵢ‖² − ‖g‖², exact from every example's gradient. */
export const noiseTrace = defineQuantity({
  name: "trace of the gradient noise",
  parameters: z.object({}),
  needs: [exampleNorms, dataGradient, gradientRounding, wideGradients],
  compute: async (desk): Promise<NoiseTrace> => {
    const { squares } = await desk.get(exampleNorms);
    const gradient = await desk.get(dataGradient);
    const meanSquare = meanOf(squares);
    const value = meanSquare - dot(gradient, gradient);
    const left = await roundingOf(desk, meanSquare, value, squares.length);
    // What is called 0 may be as much as was found, and what rounding leaves of that.
    return value > left
      ? { meanSquare, value, rounding: left }
      : { meanSquare, value: 0, rounding: left + Math.max(0, value) };
  },
});
