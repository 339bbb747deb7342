import { z } from "zod";
import { eigenvalue, estimate } from "../../result/estimates.ts";
import { about, aside, settled, within } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";
import { gradientRounding } from "../gradient/gradient-part.ts";

const layerNumbers = z.object({
  name: z.string(),
  tensors: z.array(z.string()),
  parameters: aside(count),
  trace: about(estimate, { title: "Trace of the layer's block" }),
  meanCurvature: aside(real).describe("Trace over the number of parameters."),
  top: about(eigenvalue, { title: "Largest found of the layer's block" })
    .nullable()
    .describe("Largest eigenvalue that was found of the layer's own block of H."),
  topMissProbability: aside(real)
    .nullable()
    .default(null)
    .describe(
      "Bound on the probability that a larger one was passed over: 0 from the whole spectrum of the block; null where the search ended before a bound of use.",
    ),
  gradientNorm: about(real, { title: "Length of the layer's gradient" }),
  weightNorm: about(real, { title: "Length of the layer's weights" }),
});

const layer = about(layerNumbers, {
  members: ({ gradientNorm, weightNorm }, whole) => ({
    gradientNorm: settled(within(gradientNorm, gradientRounding(whole))),
    // Summed in float64 from the weights of the file.
    weightNorm: settled(within(weightNorm, LENGTH_ROUNDING * weightNorm)),
  }),
});

/** What is stated of a layer. */
export type LayerReading = z.output<typeof layerNumbers>;

/** What the sum of squares of as many numbers as a network has loses in float64, relative, and more. */
const LENGTH_ROUNDING = 1e-12;

/** The blocks of the Hessian, layer by layer. */
export const layersPart = { layers: z.array(layer).nullable() };
