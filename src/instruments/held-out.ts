import { z } from "zod";
import { studentTQuantile } from "../linalg/distributions.ts";
import { samplingError } from "../problem/sampling-error.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { about, aside, deviating, sampled } from "../result/known.ts";
import { count, real } from "../result/real.ts";
import { formatEstimate, formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { formatCounted } from "../util/format-size.ts";
import { defineInstrument } from "./instrument.ts";
import { percent, range } from "./reading.ts";

/** Of the interval of the gap. */
const CONFIDENCE = 0.95;

function around(value: number, error: number): { lower: number; upper: number } {
  return { lower: value - error, upper: value + error };
}

/** What stands behind ± in the readings; nothing where nothing does. */
function spread(standardError: number | null, rounding: number): string[] {
  if (standardError === null || standardError === 0) return [];
  return [standardError < rounding ? "± what rounding leaves" : "± one standard error over the draw of examples"];
}

const numbers = z.object({
  data: z.object({
    name: z.string(),
    sha256: z.string(),
    examples: aside(count),
    ofTheData: z.boolean().default(false).describe("Whether all of them are examples of the data."),
  }),
  loss: about(real, { title: "Loss on held-out examples" }),
  lossError: aside(real)
    .nullable()
    .describe(
      "Standard error of the mean, over the draw of the examples; null where examples have no loss of their own.",
    ),
  rounding: aside(real).describe("What rounding may have changed the loss by."),
  accuracy: about(real, { title: "Accuracy on held-out examples" }).nullable(),
  gap: about(real, { title: "Generalisation gap" })
    .nullable()
    .describe("Held-out loss less the loss of the data; null where the loss is a sum, of other numbers of examples."),
  gapError: aside(real).nullable().describe("Half of its 95 % interval, with what rounding leaves of both losses."),
});

/** The loss on held-out examples and what it is beside that of the data. */
export const heldOutPart = {
  heldOut: about(numbers, {
    members: ({ loss, lossError, gap, gapError }) => ({
      loss: deviating(loss, lossError),
      ...(gap !== null && gapError !== null && { gap: sampled(gap, around(gap, gapError), 0, "examples") }),
    }),
  }).nullable(),
};

/** The loss on examples that the weights were not fitted to, beside that of the data. */
export const heldOutInstrument = defineInstrument({
  name: "held-out",
  title: "Held-out examples",
  part: heldOutPart,
  parameters: z.object({}),
  needs: [lossValue, lossRounding],
  askedBy: ({ heldOut }) => (heldOut === undefined ? undefined : "--test"),
  notFor: ({ heldOut }) => (heldOut === undefined ? "No held-out examples were given: --test names them." : undefined),
  besides: ({ problem: { heldOut, examples } }) => ({ losses: (2 * (heldOut?.examples ?? 0)) / examples }),
  run: async (desk) => {
    const { problem } = desk;
    const { heldOut } = problem;
    if (heldOut === undefined) throw new RangeError("There are no held-out examples.");
    const context = desk.stage("held-out examples");
    const here = await desk.get(lossValue);
    await using there = problem.at(desk.point.parameters, { examples: heldOut });
    const { loss, accuracy } = await there.value(context);
    const { isMean } = there.sample;
    const error =
      problem.coupled === undefined ? samplingError(await there.exampleLosses(context), there.sample) : Number.NaN;
    // Rounded in proportion to that of the data.
    const ofData = await desk.get(lossRounding);
    const rounding = here.loss === 0 ? ofData : ofData * Math.abs(loss / here.loss);
    const count = there.sample.contributing().length;
    return {
      parts: {
        heldOut: {
          data: {
            name: heldOut.name,
            sha256: heldOut.sha256(),
            examples: heldOut.examples,
            ofTheData: heldOut.alsoInData === heldOut.examples,
          },
          loss,
          lossError: Number.isNaN(error) ? null : error,
          rounding,
          accuracy: accuracy ?? null,
          gap: isMean ? loss - here.loss : null,
          gapError:
            Number.isNaN(error) || !isMean
              ? null
              : studentTQuantile((1 + CONFIDENCE) / 2, count - 1) * error + ofData + rounding,
        },
      },
      converged: true,
      reason: problem.coupled === undefined ? undefined : `It has no standard error, as ${problem.coupled}.`,
    };
  },
  readings: ({ heldOut, loss, accuracy }) =>
    heldOut === null
      ? []
      : [
          {
            label: "Held-out loss",
            value: formatEstimate(heldOut.loss, heldOut.lossError, heldOut.rounding),
            note: [
              `on ${formatCounted(heldOut.data.examples, "example")} of ${heldOut.data.name}`,
              ...spread(heldOut.lossError, heldOut.rounding),
              `${formatMeasured(loss, 0)} on the data`,
            ].join("; "),
            key: { label: "Held-out loss", number: { value: heldOut.loss, error: heldOut.lossError } },
          },
          ...(heldOut.accuracy === null
            ? []
            : [
                {
                  label: "Held-out accuracy",
                  value: formatShare(heldOut.accuracy),
                  note: `${formatShare(accuracy)} on the data`,
                },
              ]),
          heldOut.gap === null
            ? undefined
            : {
                label: "Generalisation gap",
                value: formatEstimate(heldOut.gap, heldOut.lossError, 2 * heldOut.rounding),
                note: [
                  ...spread(heldOut.lossError, 2 * heldOut.rounding),
                  ...(heldOut.gapError === null
                    ? []
                    : [`${percent(CONFIDENCE)} interval ${range(around(heldOut.gap, heldOut.gapError))}`]),
                  "held-out loss less the loss of the data",
                ].join("; "),
              },
        ],
  measures:
    "The loss and the share of right predictions on examples that were given as held out, and by how much that loss is above the loss of the data. The error is that of a mean over examples drawn at random.",
  means: ({ heldOut, loss }) =>
    heldOut === null
      ? ""
      : `On ${formatCounted(heldOut.data.examples, "held-out example")} the loss is ${formatMeasured(heldOut.loss, Math.max(heldOut.lossError ?? 0, heldOut.rounding))}, ${formatMeasured(loss, 0)} on the data${heldOut.gap === null ? ": sums of other numbers of examples, which are not compared" : `: a gap of ${formatMeasured(heldOut.gap, Math.max(heldOut.lossError ?? 0, 2 * heldOut.rounding))}`}.`,
  doesNotMean:
    "The gap is that of this loss at these weights. It is an estimate for the population only if no choice (of a checkpoint, of a hyperparameter) was made on these examples.",
  tryNext:
    "Profile other checkpoints with the same --test: where the gap grows while the loss falls, training fits these examples alone.",
  verdicts: ({ heldOut, loss }) => {
    if (heldOut === null) return [];
    const { gap, gapError, lossError, data } = heldOut;
    if (gap === null || gapError === null) return [];
    const ground = { name: "the generalisation gap", value: gap, ...around(gap, gapError), confidence: CONFIDENCE };
    const measured = `on ${formatCounted(data.examples, "held-out example")}, ${formatEstimate(heldOut.loss, lossError, heldOut.rounding)}, than on the data, ${formatNumber(loss, 3)}`;
    return [
      {
        asks: "whether the loss is higher on held-out examples",
        claims: [
          { level: "note", rests: [{ ground, above: 0 }], text: `The loss is higher ${measured}.` },
          { level: "note", rests: [{ ground, below: 0 }], text: `The loss is lower ${measured}.` },
        ],
        decidedBy: data.ofTheData
          ? "Examples that are not in the data would decide it."
          : lossError !== null && gapError !== null && lossError < heldOut.rounding
            ? "A loss with less rounding (--precision float64) may decide it."
            : "More held-out examples would decide it.",
      },
    ];
  },
});
