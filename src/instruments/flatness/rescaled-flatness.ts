import { lossGradient } from "../../quantities/loss-gradient.ts";
import { lossRounding } from "../../quantities/loss-rounding.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import { defineQuantity } from "../../quantities/quantity.ts";
import { layerScalings, rescaled, tensorGenerator } from "../symmetry/rescaling.ts";
import { localHere, measureFlatness, type MeasuredFlatness } from "./flatness-measures.ts";
import { costOfMeasures, flatnessParameters } from "./flatness-parameters.ts";

/** Every measure of flatness where the layers are rescaled by one factor. */
export interface RescaledFlatness {
  readonly factor: number;
  /** What is done to which tensor. */
  readonly symmetry: string;
  readonly loss: number;
  readonly measures: readonly MeasuredFlatness[];
}

/** The measures of flatness at rescaled weights, of which nothing is known; fewer than asked for when the time is up. */
export const rescaledFlatness = defineQuantity({
  name: "flatness at rescaled weights",
  parameters: flatnessParameters,
  needs: [lossValue, lossGradient, lossRounding],
  // Curvature and trace are measured anew.
  cost: (setting, settings) =>
    layerScalings(setting).length === 0
      ? 0
      : settings.rescale.length * (Math.min(setting.problem.space.dimension, 150) + costOfMeasures(settings)),
  compute: async (
    desk,
    { rescale, ...settings },
  ): Promise<{ readonly places: readonly RescaledFlatness[]; readonly isCutOff: boolean }> => {
    const { problem } = desk;
    const places: RescaledFlatness[] = [];
    const [exponents] = layerScalings(desk);
    if (!exponents) return { places, isCutOff: false };
    const stream = desk.random.split("flatness");
    const generator = tensorGenerator(desk, exponents);
    const home = desk.point.parameters;
    for (const factor of rescale) {
      if (desk.outOfTime) return { places, isCutOff: true };
      await using point = problem.at(rescaled(home, generator, factor));
      const elsewhere = desk.at(point);
      const { loss } = await elsewhere.get(lossValue);
      // The same random numbers as at home, so that what moves is the measure.
      const measures = await measureFlatness(elsewhere, settings, await localHere(elsewhere, stream), stream);
      // What was cut off there is no comparison, and may be no number.
      if (desk.outOfTime) return { places, isCutOff: true };
      const symmetry = [...exponents]
        .map(([name, exponent]) => `"${name}" × ${Number((factor ** exponent).toPrecision(4))}`)
        .join(", ");
      places.push({ factor, symmetry, loss, measures });
    }
    return { places, isCutOff: false };
  },
});
