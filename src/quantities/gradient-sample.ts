import { z } from "zod";
import { dot } from "../linalg/vector.ts";
import { contributionsOf } from "./contributions.ts";
import { dataGradient } from "./data-gradient.ts";
import { exampleNorms } from "./example-norms.ts";
import { gradientRounding } from "./gradient-rounding.ts";
import { lossGradient } from "./loss-gradient.ts";
import { noiseAlignment } from "./noise-alignment.ts";
import { noiseExtremes } from "./noise-extremes.ts";
import { noiseTrace } from "./noise-trace.ts";
import { defineQuantity } from "./quantity.ts";

/** What n examples say of the mean of all gradients: their own mean, and how they scatter about it (`Deviations`). */
export interface GradientSample {
  /** ‖dᵢ‖² of each example: dᵢ = gᵢ − ḡ where all count alike. */
  readonly deviations: Float64Array;
  /** dᵢᵀg of each, g the gradient of the whole loss. */
  readonly along: Float64Array;
  /** Beside tr Σ, by what ‖g‖² of n examples is too long on average, times n: not 0 where g is a ratio of means. */
  readonly bias: number;
  /** ‖g‖². */
  readonly meanSquare: number;
  /** The largest eigenvalues of S = Σᵢ dᵢdᵢᵀ/(n − 1), descending. */
  readonly top: readonly number[];
  /** tr S². */
  readonly traceOfSquare: number;
  /** Dimension of the parameters. */
  readonly dimension: number;
  /** What rounding leaves of ‖g‖ unknown. */
  readonly rounding: number;
  /** What rounding leaves of tr Σ unknown. */
  readonly traceRounding: number;
}

/** What the examples say of ∇L over the population they were drawn from; undefined where there is no noise. */
export const gradientSample = defineQuantity({
  name: "scatter of the examples' gradients",
  parameters: z.object({}),
  needs: [noiseAlignment, exampleNorms, dataGradient, lossGradient, noiseExtremes, gradientRounding, noiseTrace],
  compute: async (desk): Promise<GradientSample | undefined> => {
    const alignment = await desk.get(noiseAlignment);
    if (!alignment) return undefined;
    const { squares, alongMean, alongGradient } = await desk.get(exampleNorms);
    const mean = await desk.get(dataGradient);
    const whole = await desk.get(lossGradient);
    const { top } = await desk.get(noiseExtremes);
    const n = squares.length;
    const unbiased = n / (n - 1);
    const { deviations } = contributionsOf(desk.point);
    const along = deviations.along(alongGradient, dot(mean, whole));
    return {
      deviations: deviations.squares({ squares, along: alongMean, square: dot(mean, mean) }),
      along,
      bias: deviations.bias(along),
      meanSquare: dot(whole, whole),
      top: top.map(({ value }) => unbiased * value),
      traceOfSquare: unbiased ** 2 * alignment.square,
      dimension: desk.problem.space.dimension,
      rounding: (await desk.get(gradientRounding)).gradient,
      traceRounding: (await desk.get(noiseTrace)).rounding,
    };
  },
});
