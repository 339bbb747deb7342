import { z } from "zod";
import { formatEstimate, formatMeasured, formatNumber } from "../util/format-number.ts";
import { flatnessPart, type FlatnessPart } from "./flatness/flatness-part.ts";
import { flatnessRescaling } from "./flatness/flatness-rescaling.ts";
import { defineInstrument } from "./instrument.ts";
import { within } from "./judge-verdict.ts";
import { localAtHome, localHere, measureFlatness } from "./flatness/flatness-measures.ts";
import { layerScalings, rescaled, tensorGenerator } from "./symmetry/rescaling.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { hessianTrace } from "../quantities/hessian-trace.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { sentence } from "./reading.ts";

const parameters = z.object({
  boxEpsilon: z.number().positive().default(1e-3).describe("ε of Keskar's box, |zᵢ| ≤ ε(|θᵢ| + 1)"),
  rho: z.number().positive().default(0.05).describe("radius of the ball of worst-case sharpness (SAM)"),
  adaptiveRho: z
    .number()
    .positive()
    .default(0.5)
    .describe("radius relative to the weights of adaptive sharpness (ASAM)"),
  sigma: z
    .number()
    .positive()
    .default(0.01)
    .describe("standard deviation of the weight noise of the expected sharpness"),
  sigmaSamples: z
    .number()
    .int()
    .min(2)
    .default(16)
    .describe("pairs of opposite weight perturbations for the expected sharpness"),
  ascentSteps: z.number().int().min(1).default(10).describe("most steps of each ascent to a worst case"),
  rescale: z
    .array(z.number().positive())
    .default([2, 5])
    .describe("factors by which layers are rescaled, to see which measures move"),
});

/** A measure that moves by less than this share is called unmoved. */
const UNMOVED = 0.1;

type Measured = FlatnessPart["measures"][number];
type Moved = FlatnessPart["rescalings"][number]["values"][number];

/** A measure at rescaled weights against itself at the given ones; the errors of the two are independent. */
function moveOf(home: Measured, there: Measured): Moved {
  const { name, value, error } = there;
  const ratio = home.value === 0 ? null : value / home.value;
  const ratioError =
    ratio === null || error === null || home.error === null
      ? null
      : Math.hypot(error, ratio * home.error) / Math.abs(home.value);
  return { name, value, error, ratio, ratioError };
}

/** Whether it stayed where it was, with twice its error included. */
function stayed({ ratio, ratioError }: Moved): boolean {
  return ratio !== null && Math.abs(ratio - 1) + 2 * (ratioError ?? 0) < UNMOVED;
}

/** Moves that have an error: growth of a lower bound does not show that the maximum grew. */
function knownMoves(values: readonly Moved[]) {
  return values.flatMap(({ name, ratio, ratioError }) =>
    ratio === null || ratioError === null ? [] : [{ name, ratio, ratioError }],
  );
}

function titleOf(flatness: FlatnessPart | null, name: string): string {
  return flatness?.measures.find((measure) => measure.name === name)?.title ?? name;
}

export const flatnessInstrument = defineInstrument({
  name: "flatness",
  title: "Flatness",
  part: flatnessPart,
  figures: [flatnessRescaling],
  parameters,
  needs: [hessianExtremes, hessianTrace, lossGradient, lossValue],
  // Gradients and losses take the time of products; elsewhere curvature and trace are measured anew.
  cost: (setting, { rescale, sigmaSamples, ascentSteps }) => {
    const measures = 5 * ascentSteps + 2 * sigmaSamples;
    const places = layerScalings(setting).length > 0 ? rescale.length : 0;
    return measures + places * (Math.min(setting.problem.space.dimension, 150) + measures);
  },
  run: async (desk, { rescale, ...settings }) => {
    const { problem, random, context } = desk;
    const stream = random.split("flatness");
    const measures = await measureFlatness(desk, settings, await localAtHome(desk), stream);
    const { loss } = await desk.get(lossValue);
    const rescalings: FlatnessPart["rescalings"] = [];
    const [exponents] = layerScalings(desk);
    let skipped = false;
    if (exponents) {
      const generator = tensorGenerator(desk, exponents);
      const home = desk.point.parameters;
      for (const factor of rescale) {
        skipped = desk.outOfTime;
        if (skipped) break;
        await using point = problem.at(rescaled(home, generator, factor));
        const elsewhere = desk.at(point);
        const there = await point.value(context);
        // The same random numbers, so that what moves is the measure.
        const moved = await measureFlatness(elsewhere, settings, await localHere(elsewhere, stream), stream);
        // What was cut off there is no comparison, and may be no number.
        skipped = desk.outOfTime;
        if (skipped) break;
        rescalings.push({
          symmetry: [...exponents]
            .map(([name, exponent]) => `"${name}" × ${Number((factor ** exponent).toPrecision(4))}`)
            .join(", "),
          factor,
          // Of a loss of zero there is no share.
          lossChange: Math.abs(there.loss - loss) / (Math.abs(loss) || 1),
          values: moved.map((measure, i) => moveOf(measures[i], measure)),
        });
      }
    }
    const invariant =
      rescalings.length === 0
        ? []
        : measures
            .filter(({ value }) => value !== 0)
            .map(({ name }) => name)
            .filter((name) => rescalings.every(({ values }) => values.every((v) => v.name !== name || stayed(v))));
    const converged = !skipped && measures.every((measure) => measure.converged);
    return {
      parts: { flatness: { measures, rescalings, invariant } },
      converged,
      reason: converged
        ? undefined
        : "An ascent or an estimate stopped at its budget: its value is a lower bound or has a wider error.",
    };
  },
  readings: ({ flatness }) =>
    (flatness?.measures ?? []).map(({ title, value, standardError, error, bound, definition, predicted }) => ({
      label: sentence(title),
      value: `${bound === "lower bound" ? "≥ " : ""}${formatEstimate(value, standardError === 0 ? error : (standardError ?? error))}`,
      note: `${definition}${predicted === null ? "" : `; predicted from gradient and curvature: ${formatNumber(predicted, 3)}`}`,
    })),
  measures:
    "Six measures that are called flatness, by their exact definitions. A maximum is sought by ascent, so that it is a lower bound. Where the layers can be rescaled without changing the function, each measure is taken again at rescaled weights.",
  means: ({ flatness }) => {
    if (!flatness) return "";
    const [rescaling] = flatness.rescalings.toReversed();
    if (!rescaling)
      return "No rescaling of layers was found that leaves this network's function alone, so that test could not be made here.";
    const distance = (ratio: number) => Math.abs(Math.log(Math.abs(ratio)));
    const [most] = knownMoves(rescaling.values).toSorted((a, b) => distance(b.ratio) - distance(a.ratio));
    if (!most) return "No measure that has an error can be compared with itself at rescaled weights here.";
    return `With the function unchanged (loss to a relative ${formatMeasured(rescaling.lossChange)}), a rescaling by ${rescaling.factor} multiplies the measure "${titleOf(flatness, most.name)}" by ${formatEstimate(most.ratio, most.ratioError)}. ${
      flatness.invariant.length > 0
        ? `Unmoved: ${flatness.invariant.map((name) => titleOf(flatness, name)).join(", ")}.`
        : "No measure is known to have stayed where it was."
    }`;
  },
  doesNotMean:
    "A flatter minimum need not generalise better: a measure that a rescaling changes at will cannot decide it. Compare two networks only by a measure that did not move here, and only at the same architecture, loss and data.",
  tryNext: "To compare two checkpoints, profile both with the same data, loss and seed.",
  verdicts: ({ flatness }) => {
    const moved =
      flatness?.rescalings.flatMap(({ factor, values }) => knownMoves(values).map((move) => ({ ...move, factor }))) ??
      [];
    const [worst] = moved.toSorted((a, b) => b.ratio - a.ratio);
    return worst
      ? [
          {
            asks: "whether a measure of flatness moves under rescaling",
            decidedBy: "More samples (--sigma-samples) or a smaller tolerance would decide it.",
            claims: [
              {
                level: "note",
                rests: [
                  {
                    ground: within("the largest ratio after to before", worst.ratio, 2 * worst.ratioError),
                    above: 1.5,
                  },
                ],
                text: `"${sentence(titleOf(flatness, worst.name))}" grows ${formatEstimate(worst.ratio, worst.ratioError)} times when layers are rescaled by ${worst.factor} without changing the function: it is no measure of the function.`,
              },
            ],
          },
        ]
      : [];
  },
});
