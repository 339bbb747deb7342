import type { ShownSection } from "../../result/shown-section.ts";
import type { Reading } from "../../result/section.ts";
import { notMeasured } from "../../runs/at-many-weights.ts";
import { formatEstimate, formatMeasured, formatNumber, formatShare } from "../../util/format-number.ts";
import { namesInSeries } from "../../util/names-in-series.ts";
import type { Settled, TrajectoryResult } from "./trajectory-result.ts";

type Point = TrajectoryResult["points"][number];
type Step = TrajectoryResult["steps"][number];

/** What was found along the checkpoints, in words, then their numbers, then the anatomy of the steps between them. */
export function trajectorySections(result: TrajectoryResult): ShownSection[] {
  const { points, steps } = result;
  return [
    summaryOf(result),
    pointsTable(points),
    ...(steps.length === 0 ? [] : [stepsTable(steps)]),
    ...(points.some(({ layers }) => layers !== null) ? [layersTable(points)] : []),
  ];
}

function summaryOf(result: TrajectoryResult): ShownSection {
  const { points, unmeasured, optimizer } = result;
  const open = points.filter(({ converged }) => !converged);
  const unbounded = points.filter(({ searchMargin }) => searchMargin === null);
  const surpassed = points.filter(
    ({ top: [top], gradientCurvature }) => gradientCurvature !== null && gradientCurvature > top.value + top.residual,
  );
  return {
    title: "Along the checkpoints",
    caveats: [
      ...unmeasured.map(notMeasured),
      ...(open.length === 0
        ? []
        : [`Not every measurement reached its tolerance at ${open.map(({ weights }) => weights).join(", ")}.`]),
      ...(unbounded.length === 0
        ? []
        : [
            ...surpassed.map(
              ({ weights, gradientCurvature }) =>
                `At ${weights} λmax is at least ${formatNumber(gradientCurvature)}, the curvature along the gradient: the search ended below it.`,
            ),
            `At ${unbounded.map(({ weights }) => weights).join(", ")} the search ended before it could bound what it missed: λmax may be larger, λmin smaller.`,
          ]),
    ],
    text: [...settledSentences(result), ...movedSentences(result), ...optimizerSentences(optimizer)],
    readings: readingsOf(result),
    table: null,
  };
}

/** What is within so much of a line on average is called at it, where no single checkpoint is further than `SCATTER`. */
const AT_LINE = 0.1;
const SCATTER = 0.5;

/** On which side of the line a curvature stays, where its numbers and their errors decide it. */
function settledSentences({ optimizer, points }: TrajectoryResult): string[] {
  const { top, batchSharpness: sharp, line, stepSize, batch } = optimizer;
  const words: string[] = [];
  const where = ({ checkpoints }: Settled) => `Over the last ${checkpoints} of ${points.length} checkpoints`;
  const said = (each: Settled) =>
    `${each.error < 5e-4 ? formatNumber(each.mean) : formatMeasured(each.mean, each.error)} times it on average (${formatNumber(each.least, 3)} to ${formatNumber(each.most, 3)}), to within ${formatNumber(each.error, 1)}`;
  if (top && line?.curvature) {
    const limit = `the full-batch stability line ${formatNumber(line.curvature)}`;
    const side = sideOf(top);
    if (side === "at") words.push(`${where(top)} λmax stays at ${limit}: ${said(top)}.`);
    else if (side === "below") words.push(`${where(top)} λmax stays below ${limit}: ${said(top)}.`);
    else if (side === "above") words.push(`${where(top)} λmax stays above ${limit}: ${said(top)}.`);
    else words.push(`${where(top)} λmax is on both sides of ${limit}: ${said(top)}.`);
  }
  if (sharp && stepSize !== null) {
    const limit = `2/η = ${formatNumber(2 / stepSize)}`;
    const side = sideOf(sharp);
    const verb =
      side === "at"
        ? "stays at"
        : side === "below"
          ? "stays below"
          : side === "above"
            ? "stays above"
            : "is on both sides of";
    const both =
      side === "at" && top !== null && sideOf(top) === "below"
        ? " λmax stays below it, as it does under mini-batches."
        : "";
    words.push(
      `${where(sharp)} the batch sharpness at ${batch ?? "all"} examples ${verb} ${limit}: ${said(sharp)}.${both}`,
    );
  }
  return words;
}

function sideOf({ mean, error, least, most }: Settled): "at" | "below" | "above" | undefined {
  if (least >= 1 - SCATTER && most <= 1 + SCATTER && Math.abs(mean - 1) + error <= AT_LINE) return "at";
  if (most + error < 1) return "below";
  if (least - error > 1) return "above";
  return undefined;
}

/** How far the path went, and how it turned. */
function movedSentences({ points, steps, plane }: TrajectoryResult): string[] {
  const words: string[] = [];
  const [first, last] = [points[0], points[points.length - 1]];
  if (points.length > 1) {
    const change = last.loss - first.loss;
    const isSeen = Math.abs(change) > first.lossRounding + last.lossRounding;
    words.push(
      `From the first to the last checkpoint the loss went from ${formatMeasured(first.loss, first.lossRounding)} to ${formatMeasured(last.loss, last.lossRounding)}${isSeen ? "" : ", which rounding does not tell apart"}, over a distance of ${formatNumber(last.distance)}.`,
    );
  }
  const turned = steps.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
  if (turned.length >= 2) {
    const back = turned.filter((cosine) => cosine < 0).length;
    words.push(`${back} of ${turned.length} steps turn back against the one before (cosine below 0).`);
  }
  if (plane !== null)
    words.push(
      `Of the variance of the checkpoints about their mean, the first two principal components hold ${plane.shares.map((share) => formatShare(share)).join(" and ")}. A large share is no sign of a simple path: those of a random walk of many steps hold 61 % and 15 %.`,
    );
  const explained = steps.filter(isExplained).length;
  const known = steps.filter(({ remainder }) => remainder !== null).length;
  if (known > 0)
    words.push(
      `Gradient and curvature at its start explain the change of the loss to a tenth, rounding included, along ${explained} of ${known} steps.`,
    );
  return words;
}

function isExplained({ change, changeRounding, slopeError, curvatureError, remainder }: Step): boolean {
  if (change === null || remainder === null) return false;
  return Math.abs(remainder) + changeRounding + slopeError + curvatureError <= 0.1 * Math.abs(change);
}

function optimizerSentences({ line, stepSize }: TrajectoryResult["optimizer"]): string[] {
  if (line !== null) return [line.says];
  return stepSize === null ? ["With the step size of the optimiser (--lr) its stability line stands beside λmax."] : [];
}

function readingsOf({ points, optimizer }: TrajectoryResult): Reading[] {
  const last = points[points.length - 1];
  const sharp = last.batchSharpness;
  const found: (Reading | undefined)[] = [
    {
      label: "Sharpness at the end",
      symbol: String.raw`\lambda_{\max}`,
      value: formatEstimate(last.top[0].value, last.top[0].residual),
    },
    {
      label: "Lowest curvature at the end",
      symbol: String.raw`\lambda_{\min}`,
      value: formatEstimate(last.bottom[0].value, last.bottom[0].residual),
    },
    sharp
      ? {
          label: "Batch sharpness at the end",
          value: formatEstimate(sharp.value, sharp.standardError),
          note: sharp.method,
        }
      : undefined,
    optimizer.line?.curvature
      ? {
          label: "Stability line",
          value: formatNumber(optimizer.line.curvature),
          note: `${optimizer.line.formula}, full batch`,
        }
      : undefined,
  ];
  return found.filter((each) => each !== undefined);
}

function pointsTable(points: readonly Point[]): ShownSection {
  const names = namesInSeries(points.map(({ weights }) => weights));
  const hasBatches = points.some(({ batchSharpness }) => batchSharpness !== null);
  const hasClasses = points.some(({ accuracy }) => accuracy !== null);
  return {
    title: "Each checkpoint",
    caveats: [],
    text: [
      "λmax and λmin stand with their residuals: an eigenvalue lies within it. Each search begins at the eigenvectors of the checkpoint before and a random vector, and bounds what it may have missed. Behind the ± of the trace and of batch sharpness is one standard error.",
    ],
    readings: [],
    table: withBrief({
      columns: [
        "checkpoint",
        "loss",
        ...(hasClasses ? ["accuracy"] : []),
        "‖g‖",
        "λmax",
        "λmin",
        "tr H",
        "gᵀHg/‖g‖²",
        ...(hasBatches ? ["batch sharpness", "weighted by ‖g_B‖²"] : []),
        "distance",
        "products",
      ],
      rows: points.map((each, i) => [
        names[i],
        formatMeasured(each.loss, each.lossRounding),
        ...(hasClasses ? [formatShare(each.accuracy)] : []),
        formatMeasured(each.gradientNorm, each.gradientRounding),
        formatEstimate(each.top[0].value, each.top[0].residual),
        formatEstimate(each.bottom[0].value, each.bottom[0].residual),
        each.trace
          ? formatEstimate(each.trace.value, each.trace.standardError, each.trace.rounding)
          : formatNumber(null),
        formatNumber(each.gradientCurvature, 3),
        ...(hasBatches
          ? [each.batchSharpness, each.batchSharpnessWeighted].map((sharp) =>
              formatEstimate(sharp?.value, sharp?.standardError),
            )
          : []),
        formatNumber(each.distance, 3),
        each.products,
      ]),
    }),
  };
}

function stepsTable(steps: readonly Step[]): ShownSection {
  const names = namesInSeries(steps.flatMap(({ from, to }) => [from, to]));
  return {
    title: "Each step",
    caveats: [],
    text: [
      "The change of the loss along the step d from one checkpoint to the next is g·d + ½dᵀHd + the rest, all at the first of the two. River is the share of ‖d‖² along curvature of at most the flat threshold in size, hill along what is above it. The critical step is the multiple of d at which the loss is back where it began: the first that its forward passes met, an earlier one between them is not excluded. 2|g·d|/(t‖d‖²) is its critical sharpness, dᵀHd/‖d‖² on a quadratic.",
    ],
    readings: [],
    table: withBrief({
      columns: [
        "step",
        "‖d‖",
        "cosine",
        "ΔL",
        "g·d",
        "½dᵀHd",
        "rest",
        "river",
        "hill",
        "critical step",
        "critical sharpness",
      ],
      rows: steps.map((each, i) => [
        `${names[2 * i]} → ${names[2 * i + 1]}`,
        formatNumber(each.length, 3),
        formatNumber(each.cosine, 2),
        each.change === null ? "not finite" : formatMeasured(each.change, each.changeRounding),
        formatMeasured(each.slope, each.slopeError),
        formatMeasured(each.curvature, each.curvatureError),
        formatMeasured(each.remainder, each.changeRounding + each.slopeError + each.curvatureError),
        shareText(each.hill?.flat),
        shareText(each.hill?.above),
        formatEstimate(each.critical.multiple, each.critical.error),
        formatEstimate(each.critical.sharpness, each.critical.sharpnessError),
      ]),
    }),
  };
}

type Table = NonNullable<ShownSection["table"]>;

/** Where there is little room: how it began, and how it ended. */
function withBrief(table: Pick<Table, "columns" | "rows">): Table {
  const rows = [...table.rows.keys()];
  return {
    ...table,
    brief: {
      rows: rows.length <= FIRST_ROWS + LAST_ROWS ? rows : [...rows.slice(0, FIRST_ROWS), ...rows.slice(-LAST_ROWS)],
      columns: [...table.columns.keys()],
    },
  };
}

const FIRST_ROWS = 3;
const LAST_ROWS = 9;

/** An enclosure as its middle and half-width. */
function shareText(share: { readonly lower: number; readonly upper: number } | undefined): string {
  if (share === undefined) return formatNumber(null);
  return formatEstimate((share.lower + share.upper) / 2, (share.upper - share.lower) / 2);
}

function layersTable(points: readonly Point[]): ShownSection {
  const names = namesInSeries(points.map(({ weights }) => weights));
  const columns = [...new Set(points.flatMap(({ layers }) => (layers ?? []).map(({ name }) => name)))];
  return {
    title: "Each layer",
    caveats: [],
    text: [
      "The largest eigenvalue found of each layer's own block of H; 2 over it is the largest stable step of full-batch gradient descent where this layer alone moves. All layers moving together are stable up to 2/λmax of the whole H only, which is smaller.",
    ],
    readings: [],
    table: withBrief({
      columns: ["checkpoint", ...columns.flatMap((name) => [`λ of ${name}`, `2/λ of ${name}`])],
      rows: points.map(({ layers }, i) => [
        names[i],
        ...columns.flatMap((name) => {
          const found = layers?.find((each) => each.name === name);
          return [formatEstimate(found?.top.value, found?.top.residual), formatNumber(found?.stepSize, 3)];
        }),
      ]),
    }),
  };
}
