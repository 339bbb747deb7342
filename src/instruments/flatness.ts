import { formatEstimate, formatMeasured, formatNumber } from "../util/format-number.ts";
import { flatnessPart, type FlatnessPart } from "./flatness/flatness-part.ts";
import { flatnessRescaling } from "./flatness/flatness-rescaling.ts";
import { defineInstrument } from "./instrument.ts";
import { within } from "./judge-verdict.ts";
import { localAtHome, measureFlatness } from "./flatness/flatness-measures.ts";
import { flatnessBeforehand } from "./flatness/flatness-beforehand.ts";
import { costOfMeasures, flatnessParameters } from "./flatness/flatness-parameters.ts";
import { rescaledFlatness } from "./flatness/rescaled-flatness.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { hessianTrace } from "../quantities/hessian-trace.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { capitalized } from "../util/capitalized.ts";

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
  parameters: flatnessParameters,
  needs: [hessianExtremes, hessianTrace, lossGradient, lossValue, lossRounding, flatnessBeforehand, rescaledFlatness],
  cost: (_setting, settings) => costOfMeasures(settings),
  run: async (desk, settings) => {
    const known = await desk.get(flatnessBeforehand);
    const stream = desk.random.split("flatness");
    const measures = await measureFlatness(desk, settings, await localAtHome(desk), stream, known);
    const { loss } = await desk.get(lossValue);
    const { places, isCutOff } = await desk.get(rescaledFlatness);
    const rescalings: FlatnessPart["rescalings"] = places.map((there) => ({
      symmetry: there.symmetry,
      factor: there.factor,
      // Of a loss of zero there is no share.
      lossChange: Math.abs(there.loss - loss) / (Math.abs(loss) || 1),
      values: there.measures.map((measure, i) => moveOf(measures[i], measure)),
    }));
    const invariant =
      rescalings.length === 0
        ? []
        : measures
            .filter(({ value }) => value !== 0)
            .map(({ name }) => name)
            .filter((name) => rescalings.every(({ values }) => values.every((v) => v.name !== name || stayed(v))));
    const converged = !isCutOff && measures.every((measure) => measure.converged);
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
      label: capitalized(title),
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
                text: `"${capitalized(titleOf(flatness, worst.name))}" grows ${formatEstimate(worst.ratio, worst.ratioError)} times when layers are rescaled by ${worst.factor} without changing the function: it is no measure of the function.`,
              },
            ],
          },
        ]
      : [];
  },
});
