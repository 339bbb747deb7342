import { z } from "zod";
import { productRounding } from "../estimators/products.ts";
import { dot, meanOf } from "../linalg/vector.ts";
import { contributionsOf } from "./contributions.ts";
import { dataGradient } from "./data-gradient.ts";
import type { Desk } from "./desk.ts";
import { exampleNorms } from "./example-norms.ts";
import { gradientRounding } from "./gradient-rounding.ts";
import { defineQuantity } from "./quantity.ts";
import { MEASURED } from "./rounding-yardsticks.ts";
import { wideGradients } from "./wide-gradients.ts";

/** tr Σ from the examples' gradients: their mean square less ‖g‖², or what it is of a mean in which they count unequally. */
export interface NoiseTrace {
  /** (1/n) Σ ‖gᵢ‖². */
  readonly meanSquare: number;
  /** The squares that tr Σ is what is left of. */
  readonly size: number;
  /** 0 where all gradients agree up to rounding. */
  readonly value: number;
  /** What the cancellation of the two leaves to rounding. */
  readonly rounding: number;
}

/** What rounding leaves of tr Σ. */
async function roundingOf(desk: Desk, { size, value }: Pick<NoiseTrace, "size" | "value">, examples: number) {
  const { point } = desk;
  const { dimension } = desk.problem.space;
  const { deviations } = contributionsOf(point);
  const { example, gradient } = await desk.get(gradientRounding);
  // The examples' rounding errors are independent; their squares add up whatever their signs.
  const ofExamples = example ** 2 + (2 * example * Math.sqrt(size)) / Math.sqrt(examples);
  const ofMean = 2 * Math.sqrt(size) * deviations.ofMean(gradient);
  const { precision } = desk.problem.options;
  const moved = productRounding({ dimension, precision }, size) + ofExamples + ofMean;
  const exact = await desk.get(wideGradients);
  if (!exact) return moved;
  const wide = deviations.meanSquare({ ...exact, square: dot(exact.mean, exact.mean) });
  return Math.max(moved, MEASURED * Math.abs(value - wide));
}

/** tr Σ = (1/n) Σ ‖dᵢ‖², exact from every example's gradient: (1/n) Σ ‖gᵢ‖² − ‖g‖² where all count alike (`Deviations`). */
export const noiseTrace = defineQuantity({
  name: "trace of the gradient noise",
  parameters: z.object({}),
  needs: [exampleNorms, dataGradient, gradientRounding, wideGradients],
  compute: async (desk): Promise<NoiseTrace> => {
    const { squares, alongMean: along } = await desk.get(exampleNorms);
    const gradient = await desk.get(dataGradient);
    const { deviations } = contributionsOf(desk.point);
    const about = { squares, along, square: dot(gradient, gradient) };
    const meanSquare = meanOf(squares);
    const size = deviations.size(about);
    const value = deviations.meanSquare(about);
    const left = await roundingOf(desk, { size, value }, squares.length);
    // What is called 0 may be as much as was found, and what rounding leaves of that.
    return value > left
      ? { meanSquare, size, value, rounding: left }
      : { meanSquare, size, value: 0, rounding: left + Math.max(0, value) };
  },
});
