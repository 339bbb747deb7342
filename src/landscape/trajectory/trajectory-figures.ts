import type { FigureFamily } from "../../figures/figure.ts";
import { stepsOf } from "../../util/steps-in-names.ts";
import { knownEnd } from "./curvature-bounds.ts";
import { type Curve, curveFigure, type Places, stackedCurves } from "./curve-figure.ts";
import { pathPlaneFigure } from "./path-plane-figure.ts";
import type { TrajectoryResult } from "./trajectory-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** Those that stand one below the other in the figure of all. */
const TOGETHER = ["loss", "sharpness", "trace", "distance", "cosine", "river", "critical-sharpness"];

/** The curves of a trajectory: the main ones together over one axis of steps, and each alone. */
export const trajectoryFigures: FigureFamily<TrajectoryResult> = (result) => {
  const { points } = result;
  const { values, title } = stepsOf(points.map(({ weights }) => weights));
  const places: Places = {
    at: new Map(points.map(({ weights }, i) => [weights, values[i]])),
    title,
    domain: [values[0], values[values.length - 1]],
  };
  const curves = curvesOf(result);
  const together = curves.filter(({ name }) => TOGETHER.includes(name));
  return [
    { name: "together", hero: "main", of: () => stackedCurves("The path, step by step", together, places) },
    ...curves.map((curve) => ({ name: curve.name, of: () => curveFigure(curve, places) })),
    { name: "path-plane", of: () => pathPlaneFigure(result) },
  ];
};

type Point = TrajectoryResult["points"][number];

const UNKNOWN = { value: null };

/** Whether the search ended before it could say what it missed. */
function isCutShort({ top, searchMargin }: Point): boolean {
  return top.length > 0 && searchMargin === null;
}

function endOf(point: Point, end: "top" | "bottom") {
  const known = knownEnd(point, end);
  return known === undefined ? UNKNOWN : { value: known.value, error: known.residual };
}

function isApart({ curvature }: TrajectoryResult["steps"][number]): boolean {
  return curvature !== null;
}

/** Whether positive numbers differ so much that the small ones cannot be told from 0 beside the large. */
function isSpread(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0);
  return maxOf(positive) > 100 * minOf(positive);
}

function curvesOf({ points, steps, optimizer }: TrajectoryResult): Curve[] {
  const overPoints = (
    of: (point: TrajectoryResult["points"][number]) => {
      readonly value: number | null;
      readonly error?: number | null;
    },
  ) => points.map((point) => ({ weights: point.weights, ...of(point) }));
  const overSteps = (
    of: (step: TrajectoryResult["steps"][number]) => { readonly value: number | null; readonly error?: number | null },
  ) => steps.map((step) => ({ weights: step.from, ...of(step) }));
  const { line, stepSize } = optimizer;
  const level = line?.curvature
    ? { value: line.curvature, label: `stability line, full batch: ${line.formula}` }
    : stepSize !== null && line === null
      ? { value: 2 / stepSize, label: "2/η" }
      : undefined;
  return [
    {
      name: "loss",
      isWide: true,
      axis: "loss",
      description: "The loss at each checkpoint, on all examples.",
      series: [
        { label: "loss", values: overPoints(({ loss, lossRounding }) => ({ value: loss, error: lossRounding })) },
      ],
    },
    {
      name: "gradient",
      isWide: true,
      axis: "‖g‖",
      description: "The length of the gradient on all examples.",
      series: [
        {
          label: "length of the gradient",
          values: overPoints(({ gradientNorm, gradientRounding }) => ({
            value: gradientNorm,
            error: gradientRounding,
          })),
        },
      ],
    },
    {
      name: "sharpness",
      // Beside the line λmax is to be seen; λmin may be as small as it likes.
      isWide: isSpread(points.flatMap(({ top }) => top.map(({ value }) => value))),
      axis: "curvature",
      description: `λmax, the sharpest curvature; λmin, the lowest${points.some(isCutShort) ? "; where the search was cut short, bounds of them" : ""}${points.some(({ batchSharpness }) => batchSharpness !== null) ? "; and the batch sharpness, the curvature that a batch has along its own gradient, with its standard error" : ""}.${level === undefined ? "" : " The line is the curvature above which the optimiser is unstable on the full batch."}`,
      series: [
        { label: "λmax", values: overPoints((point) => (isCutShort(point) ? UNKNOWN : endOf(point, "top"))) },
        { label: "λmin", values: overPoints((point) => (isCutShort(point) ? UNKNOWN : endOf(point, "bottom"))) },
        {
          label: "batch sharpness",
          values: overPoints(({ batchSharpness: sharp }) => ({
            value: sharp?.value ?? null,
            error: sharp?.standardError,
          })),
        },
        {
          label: "λmax at least",
          isBound: true,
          values: overPoints((point) => (isCutShort(point) ? endOf(point, "top") : UNKNOWN)),
        },
        {
          label: "λmin at most",
          isBound: true,
          values: overPoints((point) => (isCutShort(point) ? endOf(point, "bottom") : UNKNOWN)),
        },
      ],
      level,
    },
    {
      name: "trace",
      isWide: true,
      axis: "tr H",
      description: "The sum of all curvatures, with its standard error.",
      series: [
        {
          label: "trace",
          values: overPoints(({ trace }) => ({
            value: trace?.value ?? null,
            error: trace?.standardError,
          })),
        },
      ],
    },
    {
      name: "distance",
      axis: "distance",
      description: "How far each checkpoint is from the first and from the last.",
      series: [
        { label: "from the first", values: overPoints(({ distance }) => ({ value: distance })) },
        { label: "from the last", values: overPoints(({ remaining }) => ({ value: remaining })) },
      ],
    },
    {
      name: "cosine",
      axis: "cosine",
      description:
        "The cosine of each step with the one before: 1 goes straight on, 0 turns at a right angle, below 0 turns back.",
      series: [{ label: "cosine with the step before", values: overSteps(({ cosine }) => ({ value: cosine })) }],
      level: { value: 0, label: "right angle" },
    },
    {
      name: "anatomy",
      axis: "change of the loss",
      description:
        "What each step did to the loss on all examples, and what of it gradient and curvature at its start predict: g·d, ½dᵀHd, and what is left.",
      series: [
        {
          label: "change",
          values: overSteps(({ change, changeRounding }) => ({ value: change, error: changeRounding })),
        },
        { label: "g·d", values: overSteps(({ slope, slopeError }) => ({ value: slope, error: slopeError })) },
        {
          label: "½dᵀHd",
          values: overSteps(({ curvature, curvatureError }) => ({ value: curvature, error: curvatureError })),
        },
        { label: "rest", values: overSteps(({ remainder }) => ({ value: remainder })) },
      ],
      level: { value: 0, label: "no change" },
    },
    {
      name: "river",
      axis: "share of the step",
      description:
        "How each step divides: along flat directions (river), along curved ones (hill), along negative curvature. Each share is known to the bar through it.",
      series: [
        { label: "river", values: overSteps(({ hill }) => middle(hill?.flat)) },
        { label: "hill", values: overSteps(({ hill }) => middle(hill?.above)) },
        { label: "negative curvature", values: overSteps(({ hill }) => middle(hill?.below)) },
      ],
    },
    {
      name: "critical-sharpness",
      isWide: isSpread(steps.flatMap(({ critical: { sharpness } }) => sharpness ?? [])),
      axis: "curvature",
      description: `Critical sharpness, from forward passes alone${steps.some(isApart) ? " but for g·d" : ""}: 2|g·d|/(t‖d‖²), where t d is the multiple of the step d at which the loss is back where it began. On a quadratic it is dᵀHd/‖d‖²${steps.some(isApart) ? ", which stands beside it" : ""}; for a step that is one of gradient descent it is 2/(ηt).`,
      series: [
        {
          label: "critical sharpness",
          values: overSteps(({ critical: { sharpness, sharpnessError } }) => ({
            value: sharpness,
            error: sharpnessError,
          })),
        },
        {
          label: "dᵀHd/‖d‖²",
          values: overSteps(({ curvature, curvatureError, length }) => ({
            value: curvature === null ? null : (2 * curvature) / length ** 2,
            error: curvatureError === null ? null : (2 * curvatureError) / length ** 2,
          })),
        },
        {
          label: "2/(ηt)",
          values: overSteps(({ critical: { sharpnessByRate, sharpnessByRateError } }) => ({
            value: sharpnessByRate,
            error: sharpnessByRateError,
          })),
        },
      ],
      level,
    },
  ];
}

function middle(share: { readonly lower: number; readonly upper: number } | undefined) {
  return share === undefined
    ? { value: null }
    : { value: (share.lower + share.upper) / 2, error: (share.upper - share.lower) / 2 };
}
