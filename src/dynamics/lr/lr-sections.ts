import type { ShownSection } from "../../result/shown-section.ts";
import { formatBound, formatEstimate, formatNumber } from "../../util/format-number.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import type { LrResult } from "./lr-result.ts";

/** A step size with the batch that it is the limit at. */
interface Limit {
  readonly stepSize: number;
  readonly error: number;
  readonly where: string;
}

/** Advice on a step size in words and numbers. */
export function lrSections(result: LrResult): ShownSection[] {
  const { optimizer, sharpness, preconditioned, fullBatch, atBatch, formula, note, batch, momenta } = result;
  const limit = smallestLimit(result);
  return [
    {
      title: "Stable step sizes",
      caveats: [
        ...(result.noAtBatch === null || batch >= result.examples ? [] : [result.noAtBatch]),
        ...(fullBatch === null && formula !== null
          ? ["No curvature stands out above zero at these weights: none sets a limit."]
          : []),
      ],
      text: [
        ...(fullBatch === null
          ? formula === null
            ? [note]
            : []
          : [
              `On the full batch, ${optimizer.title} is stable up to η = ${formatEstimate(fullBatch.stepSize, fullBatch.error)}, which is ${formula} (${optimizer.source}): on a quadratic of these curvatures. ${note}`,
            ]),
        ...(preconditioned === null || result.preconditionedBatches === null
          ? []
          : [
              `Its curvature is that of D⁻¹H with v the mean square of the gradients of ${formatCounted(result.preconditionedBatches, "batch", "batches")} of ${formatCount(batch)} at these weights; a training that came here on its way has another v.`,
            ]),
        ...atBatchSentences(result),
        ...momentumSentences(result),
        ...sharpnessSentences(result),
        ...askedSentences(result, limit),
      ],
      readings: [
        {
          label: "Largest curvature",
          symbol: String.raw`\lambda_{\max}(H)`,
          value: formatEstimate(sharpness.value, sharpness.error),
          note: "at these weights, of the loss of all examples",
        },
        ...(preconditioned === null
          ? []
          : [
              {
                label: "Preconditioned sharpness",
                symbol: String.raw`\lambda_{\max}(D^{-1}H)`,
                value: formatEstimate(preconditioned.value, preconditioned.error),
                note: "the error is that of the search and, at 95 %, that of the draw of the batches",
              },
            ]),
        ...(fullBatch === null
          ? []
          : [
              {
                label: "Stable on the full batch",
                value: `η < ${formatEstimate(fullBatch.stepSize, fullBatch.error)}`,
                note: formula ?? "",
                key: { label: "Stable step", number: { value: fullBatch.stepSize, error: fullBatch.error } },
              },
            ]),
        ...(atBatch?.stepSize === undefined || atBatch.stepSize === null
          ? []
          : [
              {
                label: "Stable at this batch size",
                value: `η < ${formatNumber(atBatch.stepSize)}`,
                note: `in mean square, batches of ${formatCount(batch)}, along the ${formatCounted(atBatch.directions.length, "sharpest eigenvector")}`,
              },
            ]),
        ...(result.batchSharpness === null
          ? []
          : [
              {
                label: "Batch sharpness",
                symbol: String.raw`\mathbb{E}\,g_B^\top H_B g_B / \lVert g_B \rVert^2`,
                value: formatEstimate(result.batchSharpness.value, result.batchSharpness.standardError),
                note: result.batchSharpness.method,
              },
            ]),
      ],
      table:
        momenta === null || momenta.length === 0
          ? null
          : {
              columns: ["momentum", "full batch", `batches of ${batch}`, "η/(1 − β) at the limit"],
              rows: momenta.map((each) => [
                each.momentum,
                formatNumber(each.fullBatch),
                each.atBatch === null ? null : formatNumber(each.atBatch),
                formatNumber(each.effective),
              ]),
            },
    },
    {
      title: "Batch size",
      caveats: result.noCriticalBatch === null ? [] : [`There is no critical batch size. ${result.noCriticalBatch}`],
      text: criticalBatchSentences(result),
      readings: [],
      table: null,
    },
    ...rampSections(result, limit),
  ];
}

/** The smallest limit that is known. */
function smallestLimit({ fullBatch, atBatch, batch }: LrResult): Limit | undefined {
  const limits: Limit[] = [];
  if (fullBatch !== null) limits.push({ ...fullBatch, where: "on the full batch" });
  if (atBatch !== null && atBatch.stepSize !== null)
    limits.push({ stepSize: atBatch.stepSize, error: 0, where: `at batches of ${formatCount(batch)}` });
  return limits.toSorted((a, b) => a.stepSize - b.stepSize).at(0);
}

function atBatchSentences({ atBatch, fullBatch, batch, examples }: LrResult): string[] {
  if (atBatch === null || atBatch.stepSize === null) return [];
  const least = atBatch.directions.findIndex(({ stepSize }) => stepSize === atBatch.stepSize);
  const { curvature, variance } = atBatch.directions[least];
  const share =
    fullBatch === null
      ? ""
      : `, ${formatNumber(atBatch.stepSize / fullBatch.stepSize, 3)} times that of the full batch`;
  return [
    `At batches of ${formatCount(batch)} of ${formatCounted(examples, "example")} it is stable in mean square up to η = ${formatNumber(atBatch.stepSize)}${share} (Wu, Ma & E 2018): along the ${ordinal(least)} sharpest eigenvector single examples have curvatures of ${formatNumber(curvature)} on average with deviation ${formatNumber(Math.sqrt(variance))}. This counts noise in the curvature alone, as where every example is fitted, and looks at ${formatCounted(atBatch.directions.length, "direction")}: along others the limit may be lower.`,
  ];
}

/** What its own momentum changes, against none. */
function momentumSentences({ momenta, optimizer }: LrResult): string[] {
  const own = Number(optimizer.options["momentum"] ?? Number.NaN);
  const without = momenta?.find(({ momentum }) => momentum === 0);
  const mine = momenta?.find(({ momentum }) => momentum === own);
  if (!without || !mine || own === 0) return [];
  const step = (each: typeof mine) => Math.min(each.fullBatch, each.atBatch ?? each.fullBatch);
  return [
    `Momentum ${formatNumber(own)} makes the smaller of the two limits ${formatNumber(step(mine) / step(without), 3)} times that without; at its limit it follows a lasting slope ${formatNumber(mine.effective / without.effective, 3)} times as far, as η/(1 − β) goes.`,
  ];
}

function sharpnessSentences({ batchSharpness, isPlain, batch, examples }: LrResult): string[] {
  if (batchSharpness === null || !isPlain || batch >= examples || !(batchSharpness.value > 0)) return [];
  const { value, interval } = batchSharpness;
  const range =
    interval.lower > 0
      ? ` (95 % interval ${formatNumber(2 / interval.upper)} to ${formatNumber(2 / interval.lower)})`
      : "";
  return [
    `Batch sharpness is ${formatNumber(value)}: mini-batch SGD that trains on at a fixed η settles where it is 2/η (Andreyev & Beneventano 2024), which these weights are at for η = ${formatNumber(2 / value)}${range}; a larger step would drive it down, a smaller one lets it rise.`,
  ];
}

/** Within its errors a step is on neither side of a limit. */
function askedSentences({ asked }: LrResult, limit: Limit | undefined): string[] {
  if (asked === null || limit === undefined) return [];
  const ratio = `${formatNumber(asked / limit.stepSize, 3)} times the limit ${limit.where}`;
  const side =
    asked > limit.stepSize + limit.error
      ? "unstable at these weights: it moves away along the sharpest direction, until the curvature there is lower"
      : asked < limit.stepSize - limit.error
        ? "stable at these weights"
        : "at the limit, within its error";
  return [`Your step size ${formatNumber(asked)} is ${ratio}: ${side}.`];
}

function criticalBatchSentences({ criticalBatch, batch, examples }: LrResult): string[] {
  if (criticalBatch === null) return [];
  const { value, lower, upper, about } = criticalBatch;
  const isKnown = Number.isFinite(upper);
  const size = isKnown
    ? `${formatNumber(value, 3)} (95 % interval ${formatNumber(lower, 3)} to ${formatNumber(upper, 3)})`
    : lower > 0
      ? `at least ${formatBound(lower, 3, "least")} (95 % bound)`
      : "not bounded by these examples";
  const whose =
    about === "sample"
      ? "of these examples alone, which the weights were fitted to"
      : "of the population, unless the weights were fitted to these examples";
  const isWhole = batch >= examples;
  const mine =
    batch < lower
      ? isWhole
        ? `A batch of all ${formatCount(examples)} examples is below it: none of these data is too large.`
        : `Batches of ${formatCount(batch)} are below it: larger ones would save steps.`
      : batch > upper
        ? `Batches of ${formatCount(batch)} are above it: larger ones would save few steps for what they cost.`
        : "";
  const beyond =
    lower > examples && !isWhole
      ? ` The data hold ${formatCounted(examples, "example")}: all of them are still efficient.`
      : "";
  return [
    `The critical batch size tr Σ/‖∇L‖² is ${size}, ${whose}. At that size training takes twice the fewest steps, and twice the fewest examples (McCandlish et al. 2018); it is that of these weights, and grows while training goes on. ${mine}${beyond}`.trim(),
  ];
}

function rampSections({ ramp, batch }: LrResult, limit: Limit | undefined): ShownSection[] {
  if (ramp === null) return [];
  const { rises, steepest, from, to, stepSize, asked, passedOver } = ramp;
  const against =
    rises === null || limit === undefined
      ? []
      : [
          rises.least > limit.stepSize + limit.error
            ? `It lies above the stable limit ${limit.where}, ${formatNumber(rises.value / limit.stepSize, 3)} times: a ramp passes steps that are too large faster than what they blow up grows, so that the finder's step is no stable one.`
            : rises.most < limit.stepSize - limit.error
              ? `It lies below the stable limit ${limit.where}, ${formatNumber(rises.value / limit.stepSize, 3)} times: the loss rises before the quadratic at the start says so.`
              : `The stable limit ${limit.where} lies within its range: the two do not contradict each other.`,
        ];
  return [
    {
      title: "The learning-rate finder beside it",
      caveats: [
        ...(stepSize.length < asked && rises === null
          ? [`The ramp ended after ${stepSize.length} of ${asked} steps.`]
          : []),
        ...(rises === null ? ["The ramp shows no step size from which the loss rises after it had fallen."] : []),
      ],
      text: [
        `Training with a step size that grows from ${formatNumber(from, 3)} to ${formatNumber(to, 3)} in ${formatCounted(asked, "step")}, batches of ${formatCount(batch)} (Smith 2017).${passedOver > 0 ? ` No label counts in ${formatCounted(passedOver, "batch", "batches")}, which the ramp passed over.` : ""}`,
        ...(rises === null
          ? []
          : [
              `The smoothed loss is lowest at η = ${formatNumber(rises.value, 3)} (between ${formatNumber(rises.least, 3)} and ${formatNumber(rises.most, 3)}, where it is no higher by more than chance or smoothing hides), and rises from there.${steepest === null ? "" : ` It falls fastest at η = ${formatNumber(steepest, 3)}.`}`,
            ]),
        ...against,
      ],
      readings: [],
      table: null,
    },
  ];
}

function ordinal(place: number): string {
  return ["", "second ", "third "].at(place)?.trim() ?? `${place + 1}th`;
}
