import type { ShownSection } from "../../result/shown-section.ts";
import type { Reading } from "../../result/section.ts";
import { notMeasured } from "../../runs/at-many-weights.ts";
import { formatBound, formatEstimate, formatMeasured, formatNumber, formatShare } from "../../util/format-number.ts";
import { namesInSeries } from "../../util/names-in-series.ts";
import { endText } from "./curvature-bounds.ts";
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
  const { points, unmeasured, withoutDerivatives } = result;
  const open = points.filter(({ converged }) => !converged);
  const unbounded = points.filter(({ searchMargin, top }) => searchMargin === null && top.length > 0);
  const surpassed = points.flatMap(({ weights, top: [top], gradientCurvature: least }) =>
    top !== undefined && least !== null && least > top.value + top.residual ? [{ weights, least }] : [],
  );
  return {
    title: "Along the checkpoints",
    caveats: [
      ...unmeasured.map(notMeasured),
      ...(withoutDerivatives === null
        ? []
        : [
            `${withoutDerivatives} The file itself was run, which gives losses alone: there are no gradients, eigenvalues, traces and batch sharpness, and steps are not taken apart.`,
          ]),
      ...(open.length === 0
        ? []
        : [`Not every measurement reached its tolerance at ${open.map(({ weights }) => weights).join(", ")}.`]),
      ...(unbounded.length === 0
        ? []
        : [
            ...surpassed.map(
              ({ weights, least }) =>
                `At ${weights} λmax is at least ${formatBound(least, 4, "least")}, the curvature along the gradient: the search ended below it.`,
            ),
            `At ${unbounded.map(({ weights }) => weights).join(", ")} the search ended before it could bound what it missed: λmax is at least what stands there, λmin at most.`,
          ]),
    ],
    text: [...settledSentences(result), ...movedSentences(result), ...optimizerSentences(result)],
    readings: readingsOf(result),
    table: null,
  };
}

/** What is within so much of a line on average is called at it, where no single checkpoint is further than `SCATTER`. */
const AT_LINE = 0.1;
const SCATTER = 0.5;

/** On which side of the line a curvature stays, where its numbers and their errors decide it. */
function settledSentences({ optimizer, points }: TrajectoryResult): string[] {
  const { top, batchSharpness: sharp, line, stepSize, batch, isFullBatch } = optimizer;
  const words: string[] = [];
  const { preconditioned } = optimizer;
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
  if (preconditioned?.top) {
    const { top: divided, curvature } = preconditioned;
    const side = sideOf(divided);
    words.push(
      `${where(divided)} λmax of D⁻¹H ${side === undefined ? "is on both sides of" : `stays ${side}`} its stability line ${formatNumber(curvature)}: ${said(divided)}.`,
    );
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
      isFullBatch === false && side === "at" && top !== null && sideOf(top) === "below"
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

function isExplained(step: Step): boolean {
  if (step.change === null || step.remainder === null) return false;
  return Math.abs(step.remainder) + remainderError(step) <= 0.1 * Math.abs(step.change);
}

/** Of what is left of a change when slope and curvature are taken off. */
function remainderError({ changeRounding, slopeError, curvatureError }: Step): number {
  return changeRounding + (slopeError ?? 0) + (curvatureError ?? 0);
}

function optimizerSentences({ points, optimizer: { line, stepSize } }: TrajectoryResult): string[] {
  if (line !== null) return [line.says];
  return stepSize === null && points.some(({ top }) => top.length > 0)
    ? ["With the step size of the optimiser (--lr) its stability line stands beside λmax."]
    : [];
}

function readingsOf({ points, steps, optimizer }: TrajectoryResult): Reading[] {
  const last = points[points.length - 1];
  const sharp = last.batchSharpness;
  const critical = steps.at(-1)?.critical;
  const found: (Reading | undefined)[] = [
    ...(last.top.length === 0
      ? [
          { label: "Loss at the end", value: formatMeasured(last.loss, last.lossRounding) },
          critical?.sharpness
            ? {
                label: "Critical sharpness of the last step",
                value: formatEstimate(critical.sharpness, critical.sharpnessError),
              }
            : undefined,
        ]
      : [
          {
            label: "Sharpness at the end",
            symbol: String.raw`\lambda_{\max}`,
            value: endText(last, "top"),
          },
          {
            label: "Lowest curvature at the end",
            symbol: String.raw`\lambda_{\min}`,
            value: endText(last, "bottom"),
          },
        ]),
    sharp
      ? {
          label: "Batch sharpness at the end",
          value: formatEstimate(sharp.value, sharp.standardError),
          note: sharp.method,
        }
      : undefined,
    optimizer.preconditioned
      ? {
          label: "Stability line of D⁻¹H",
          value: formatNumber(optimizer.preconditioned.curvature),
          note: `${optimizer.preconditioned.formula}, full batch`,
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

/** A column of a table; one that holds nothing anywhere is left out. */
interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row, i: number) => string | number;
  readonly isThere?: (row: Row) => boolean;
}

function tableOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Table {
  const shown = columns.filter(({ isThere }) => isThere === undefined || rows.some(isThere));
  return withBrief({
    columns: shown.map(({ title }) => title),
    rows: rows.map((row, i) => shown.map(({ cell }) => cell(row, i))),
  });
}

function pointsTable(points: readonly Point[]): ShownSection {
  const names = namesInSeries(points.map(({ weights }) => weights));
  const isSearched = ({ top }: Point) => top.length > 0;
  const hasTrace = points.some(({ trace }) => trace !== null);
  const hasBatches = ({ batchSharpness }: Point) => batchSharpness !== null;
  const sampled = [...(hasTrace ? ["of the trace"] : []), ...(points.some(hasBatches) ? ["of batch sharpness"] : [])];
  return {
    title: "Each checkpoint",
    caveats: [],
    text: [
      points.some(isSearched)
        ? "λmax and λmin stand with their residuals: an eigenvalue lies within it. Each search begins at the eigenvectors of the checkpoint before and a random vector, and bounds what it may have missed; where its time was up before, ≥ and ≤ say what is proven."
        : "The loss has as many digits as its rounding leaves.",
      ...(sampled.length === 0 ? [] : [`Behind the ± ${sampled.join(" and ")} is one standard error.`]),
    ],
    readings: [],
    table: tableOf(points, [
      { title: "checkpoint", cell: (_, i) => names[i] },
      { title: "loss", cell: (each) => formatMeasured(each.loss, each.lossRounding) },
      { title: "accuracy", cell: (each) => formatShare(each.accuracy), isThere: ({ accuracy }) => accuracy !== null },
      {
        title: "‖g‖",
        cell: (each) => formatMeasured(each.gradientNorm, each.gradientRounding ?? 0),
        isThere: ({ gradientNorm }) => gradientNorm !== null,
      },
      { title: "λmax", cell: (each) => endText(each, "top"), isThere: isSearched },
      { title: "λmin", cell: (each) => endText(each, "bottom"), isThere: isSearched },
      { title: "λmax of D⁻¹H", cell: dividedText, isThere: ({ preconditioned }) => preconditioned !== null },
      {
        title: "tr H",
        cell: ({ trace }) =>
          trace ? formatEstimate(trace.value, trace.standardError, trace.rounding) : formatNumber(null),
        isThere: isSearched,
      },
      { title: "gᵀHg/‖g‖²", cell: (each) => formatNumber(each.gradientCurvature, 3), isThere: isSearched },
      { title: "batch sharpness", cell: (each) => estimateText(each.batchSharpness), isThere: hasBatches },
      { title: "weighted by ‖g_B‖²", cell: (each) => estimateText(each.batchSharpnessWeighted), isThere: hasBatches },
      { title: "distance", cell: (each) => formatNumber(each.distance, 3) },
      { title: "products", cell: (each) => each.products, isThere: ({ products }) => products > 0 },
    ]),
  };
}

/** What was found bounds λmax from below where the search did not end. */
function dividedText({ preconditioned }: Point): string {
  if (preconditioned === null) return formatNumber(null);
  const { top, searchMargin } = preconditioned;
  return searchMargin === null ? `≥ ${formatBound(top.value, 4, "least")}` : formatEstimate(top.value, top.residual);
}

function estimateText(estimate: Point["batchSharpness"]): string {
  return formatEstimate(estimate?.value, estimate?.standardError);
}

function stepsTable(steps: readonly Step[]): ShownSection {
  const names = namesInSeries(steps.flatMap(({ from, to }) => [from, to]));
  const isApart = ({ curvature }: Step) => curvature !== null;
  const hasRate = ({ critical: { sharpnessByRate } }: Step) => sharpnessByRate !== null;
  const byRate = steps.some(hasRate) ? ", and 2/(ηt) where the step is one of gradient descent" : "";
  const critical = `The critical step is the multiple of d at which the loss is back where it began: the first that its forward passes met, an earlier one between them is not excluded. 2|g·d|/(t‖d‖²) is its critical sharpness, dᵀHd/‖d‖² on a quadratic${byRate}`;
  return {
    title: "Each step",
    caveats: [],
    text: [
      steps.some(isApart)
        ? `The change of the loss along the step d from one checkpoint to the next is g·d + ½dᵀHd + the rest, all at the first of the two. River is the share of ‖d‖² along curvature of at most the flat threshold in size, hill along what is above it. ${critical}.`
        : `All along the step d from one checkpoint to the next, from forward passes alone. ${critical}; g·d is from differences of losses on both sides of the start, a quarter of the critical step away and nearer: where the slope is another nearer to the start, as with rounded weights, its error says so.`,
    ],
    readings: [],
    table: tableOf(steps, [
      { title: "step", cell: (_, i) => `${names[2 * i]} → ${names[2 * i + 1]}` },
      { title: "‖d‖", cell: (each) => formatNumber(each.length, 3) },
      { title: "cosine", cell: (each) => formatNumber(each.cosine, 2) },
      {
        title: "ΔL",
        cell: (each) => (each.change === null ? "not finite" : formatMeasured(each.change, each.changeRounding)),
      },
      { title: "g·d", cell: (each) => formatMeasured(each.slope, each.slopeError ?? 0) },
      {
        title: "½dᵀHd",
        cell: (each) => formatMeasured(each.curvature, each.curvatureError ?? 0),
        isThere: isApart,
      },
      { title: "rest", cell: (each) => formatMeasured(each.remainder, remainderError(each)), isThere: isApart },
      { title: "river", cell: (each) => shareText(each.hill?.flat), isThere: isApart },
      { title: "hill", cell: (each) => shareText(each.hill?.above), isThere: isApart },
      { title: "critical step", cell: (each) => formatEstimate(each.critical.multiple, each.critical.error) },
      {
        title: "critical sharpness",
        cell: (each) => formatEstimate(each.critical.sharpness, each.critical.sharpnessError),
      },
      {
        title: "2/(ηt)",
        cell: (each) => formatEstimate(each.critical.sharpnessByRate, each.critical.sharpnessByRateError),
        isThere: hasRate,
      },
    ]),
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
