import type { FigureFamily, FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import { stepsOf } from "../../util/steps-in-names.ts";
import type { TrajectoryResult } from "./trajectory-result.ts";

/** A curve over the checkpoints, or over the steps, where they begin. */
interface Curve {
  readonly name: string;
  readonly axis: string;
  readonly description: string;
  /** Several curves share a figure: each has a name, a colour, a mark. */
  readonly series: readonly Series[];
  /** Whether it runs over powers of ten. */
  readonly isWide?: boolean;
  /** A level that the curves are held against. */
  readonly level?: { readonly value: number; readonly label: string };
}

interface Series {
  readonly label: string;
  readonly values: readonly {
    readonly weights: string;
    readonly value: number | null;
    readonly error?: number | null;
  }[];
}

/** The curves of a trajectory: small multiples over one axis of steps. */
export const trajectoryFigures: FigureFamily<TrajectoryResult> = (result) => {
  const { points } = result;
  const places = stepsOf(points.map(({ weights }) => weights));
  const at = new Map(points.map(({ weights }, i) => [weights, places.values[i]]));
  const curves = curvesOf(result).map((curve) => ({
    name: curve.name,
    of: () => drawn(curve, at, places.title, [places.values[0], places.values[places.values.length - 1]]),
  }));
  return [...curves, { name: "path-plane", of: () => planeOf(result) }];
};

/** The path in the plane of its first two principal components. */
function planeOf({ plane, points }: TrajectoryResult): ReturnType<FigureKind<TrajectoryResult>["of"]> {
  if (plane === null) return undefined;
  const values = finite(
    plane.points.map(({ x, y, outside }, i) => ({
      x,
      y,
      order: i,
      place: i === 0 ? "first" : i === points.length - 1 ? "last" : "between",
      tip: `${points[i].weights}: ${said(x)}, ${said(y)}; ${said(outside)} out of the plane`,
    })),
  );
  const [one, two] = plane.shares.map((share) => `${(100 * share).toFixed(1)} % of the variance`);
  const x = { field: "x", type: "quantitative", title: `first component, ${one}`, scale: { zero: false } } as const;
  const y = { field: "y", type: "quantitative", title: `second component, ${two}`, scale: { zero: false } } as const;
  const places = ["first", "between", "last"];
  return {
    title: "The path in the plane that holds most of it",
    description:
      "Each checkpoint where it falls in the plane of the first two principal components of all of them, in the order of training. Distances out of the plane are not seen, and smooth curves in it are what a random walk shows too.",
    spec: frame({
      height: 320,
      data: { values },
      layer: [
        {
          mark: { type: "line", strokeWidth: 1.2, color: COLOUR.quiet },
          encoding: { x, y, order: { field: "order", type: "quantitative" } },
        },
        {
          mark: { type: "point", filled: true, size: 46, opacity: 1 },
          encoding: {
            x,
            y,
            color: {
              field: "place",
              type: "nominal",
              scale: { domain: places, range: [COLOUR.tertiary, COLOUR.primary, COLOUR.secondary] },
            },
            shape: {
              field: "place",
              type: "nominal",
              scale: { domain: places, range: ["square", "circle", "triangle-up"] },
            },
            ...TIP,
          },
        },
      ],
    }),
    table: {
      columns: ["checkpoint", "first component", "second component", "out of the plane"],
      rows: plane.points.map((each, i) => [points[i].weights, each.x, each.y, each.outside]),
    },
  };
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
      axis: "curvature",
      description:
        "λmax, the sharpest curvature; λmin, the lowest; and where the batches are known the batch sharpness, the curvature that a batch has along its own gradient, with its standard error. The line is the curvature above which the optimiser is unstable on the full batch: training with a fixed step often takes λmax up to it, and mini-batches stop short of it.",
      series: [
        { label: "λmax", values: overPoints(({ top: [{ value, residual }] }) => ({ value, error: residual })) },
        { label: "λmin", values: overPoints(({ bottom: [{ value, residual }] }) => ({ value, error: residual })) },
        {
          label: "batch sharpness",
          values: overPoints(({ batchSharpness: sharp }) => ({
            value: sharp?.value ?? null,
            error: sharp?.standardError,
          })),
        },
      ],
      level,
    },
    {
      name: "trace",
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
      axis: "curvature",
      description:
        "Critical sharpness, from forward passes alone but for g·d: 2|g·d|/(t‖d‖²), where t d is the multiple of the step d at which the loss is back where it began. On a quadratic it is dᵀHd/‖d‖², which stands beside it.",
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
            value: (2 * curvature) / length ** 2,
            error: (2 * curvatureError) / length ** 2,
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

const MARKS = ["circle", "square", "triangle-up", "diamond"] as const;
const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
];
const COLOURS = [COLOUR.primary, COLOUR.secondary, COLOUR.tertiary, COLOUR.quiet];

function drawn(
  { axis, description, series, level, name, isWide = false }: Curve,
  at: ReadonlyMap<string, number>,
  title: string,
  domain: readonly [number, number],
): ReturnType<FigureKind<TrajectoryResult>["of"]> {
  const shown = series.filter(({ values }) => values.some(({ value }) => value !== null && Number.isFinite(value)));
  const values = finite(
    shown.flatMap(({ label, values: each }) =>
      each.flatMap(({ weights, value, error }) => {
        const step = at.get(weights);
        if (step === undefined || value === null) return [];
        const spread = error !== null && error !== undefined && Number.isFinite(error) ? error : 0;
        return [
          {
            step,
            series: label,
            value,
            low: value - spread,
            high: value + spread,
            tip: `${weights}, ${label}: ${said(value, error ?? undefined)}`,
          },
        ];
      }),
    ),
  );
  if (values.length < 2) return undefined;
  const labels = shown.map(({ label }) => label);
  const scale = { domain: labels, range: COLOURS.slice(0, labels.length) };
  const legend = labels.length === 1 ? null : undefined;
  const x = {
    field: "step",
    type: "quantitative",
    title,
    scale: { zero: false, nice: false, domain: domain[0] === domain[1] ? undefined : [...domain] },
  } as const;
  const held = level === undefined ? values : [...values, { value: level.value }];
  const y = {
    field: "value",
    type: "quantitative",
    title: axis,
    scale: { zero: false },
    ...(isWide ? wideAxis(held.map(({ value }) => value)) : {}),
  } as const;
  return {
    title: `${labels.length === 1 ? capital(labels[0]) : capital(name.replaceAll("-", " "))} along the checkpoints`,
    description: `${description}${level === undefined || level.value === 0 ? "" : ` Dashed: ${level.label}.`}`,
    spec: frame({
      height: 170,
      data: { values },
      layer: [
        ...(level === undefined
          ? []
          : [
              {
                data: { values: [{ value: level.value, tip: `${level.label}: ${said(level.value)}` }] },
                mark: { type: "rule" as const, color: COLOUR.ink, strokeDash: [5, 4], strokeWidth: 1.2 },
                encoding: { y: { ...y }, ...TIP },
              },
            ]),
        {
          mark: { type: "line", strokeWidth: 1.6 },
          encoding: {
            x,
            y,
            color: { field: "series", type: "nominal", scale, legend },
            strokeDash: {
              field: "series",
              type: "nominal",
              scale: { domain: labels, range: DASHES.slice(0, labels.length).map((each) => [...each]) },
              legend,
            },
          },
        },
        {
          mark: { type: "rule", strokeWidth: 1.5 },
          encoding: {
            x,
            y: { field: "low", type: "quantitative" },
            y2: { field: "high" },
            color: { field: "series", type: "nominal", scale, legend },
          },
        },
        {
          mark: { type: "point", filled: true, size: 34, opacity: 1 },
          encoding: {
            x,
            y,
            color: { field: "series", type: "nominal", scale, legend },
            shape: {
              field: "series",
              type: "nominal",
              scale: { domain: labels, range: MARKS.slice(0, labels.length) },
              legend,
            },
            ...TIP,
          },
        },
      ],
    }),
    table: {
      columns: ["checkpoint", ...labels.flatMap((label) => [label, "±"])],
      rows: [...at].map(([weights]) => [
        weights,
        ...shown.flatMap(({ values: each }) => {
          const found = each.find((row) => row.weights === weights);
          return [found?.value ?? null, found?.error ?? null];
        }),
      ]),
    },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
