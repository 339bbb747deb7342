import type { Figure } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, stacked, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import { capitalized } from "../../util/capitalized.ts";

/** A curve over the checkpoints, or over the steps, where they begin. */
export interface Curve {
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
  /** A bound each, and no value: marks that stand alone. */
  readonly isBound?: boolean;
}

/** Where on the axis of steps each checkpoint lies. */
export interface Places {
  readonly at: ReadonlyMap<string, number>;
  readonly title: string;
  readonly domain: readonly [number, number];
}

type Drawn = Omit<Figure, "name" | "instrument" | "hero"> | undefined;

const MARKS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"] as const;
const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
];
const COLOURS = [COLOUR.primary, COLOUR.secondary, COLOUR.tertiary, COLOUR.quiet, COLOUR.ink];

/** A figure of one curve, or of several that share their axes; undefined where fewer than two points are known. */
export function curveFigure(curve: Curve, places: Places): Drawn {
  const panel = panelOf(curve, places);
  if (panel === undefined) return undefined;
  const { labels } = panel;
  const { name, description, level } = curve;
  return {
    title: `${labels.length === 1 ? capitalized(labels[0]) : capitalized(name.replaceAll("-", " "))} along the checkpoints`,
    description: `${description}${level === undefined || level.value === 0 ? "" : ` Dashed: ${level.label}.`}`,
    spec: frame({ height: 170, data: panel.data, layer: panel.layer }),
    table: tableOf([curve], places),
  };
}

/** Several curves one below the other over one axis of steps; undefined where fewer than two are known. */
export function stackedCurves(title: string, curves: readonly Curve[], places: Places): Drawn {
  const known = curves.filter((curve) => panelOf(curve, places) !== undefined);
  if (known.length < 2) return undefined;
  const panels = known.flatMap((curve, i) => panelOf(curve, places, { isLast: i === known.length - 1 }) ?? []);
  return {
    title,
    description: `From above: ${known.map(({ axis, level }) => (level === undefined || level.value === 0 ? axis : `${axis} (dashed: ${level.label})`)).join(", ")}; each over the same axis of steps.`,
    spec: stacked(panels.map(({ data, layer }) => ({ height: PANEL_HEIGHT, data, layer }))),
    table: tableOf(known, places),
  };
}

const PANEL_HEIGHT = 90;

function shownSeries({ series }: Curve): readonly Series[] {
  return series.filter(({ values }) => values.some(({ value }) => value !== null && Number.isFinite(value)));
}

function tableOf(curves: readonly Curve[], { at }: Places): Figure["table"] {
  const shown = curves.flatMap(shownSeries);
  return {
    columns: ["checkpoint", ...shown.flatMap(({ label }) => [label, "±"])],
    rows: [...at.keys()].map((weights) => [
      weights,
      ...shown.flatMap(({ values }) => {
        const found = values.find((row) => row.weights === weights);
        return [found?.value ?? null, found?.error ?? null];
      }),
    ]),
  };
}

interface Panel {
  readonly labels: readonly string[];
  readonly data: Parameters<typeof frame>[0]["data"];
  readonly layer: Parameters<typeof frame>[0]["layer"];
}

/** Marks and axes of a curve; undefined where fewer than two points are known. */
function panelOf(curve: Curve, { at, title, domain }: Places, { isLast = true } = {}): Panel | undefined {
  const { axis, level, isWide = false } = curve;
  const shown = shownSeries(curve);
  const values = finite(
    shown.flatMap(({ label, values: each, isBound = false }) =>
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
            isBound,
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
  const color = { field: "series", type: "nominal", scale, legend } as const;
  const x = {
    field: "step",
    type: "quantitative",
    ...(isLast ? { title } : { title: null, axis: { labels: false, ticks: false } }),
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
  const line = level && {
    data: { values: [{ value: level.value, tip: `${level.label}: ${said(level.value)}` }] },
    mark: { type: "rule" as const, color: COLOUR.ink, strokeDash: [5, 4], strokeWidth: 1.2 },
    encoding: { y: { ...y }, ...TIP },
  };
  const joined = shown.filter(({ isBound }) => isBound !== true).map(({ label }) => label);
  return {
    labels,
    data: { values },
    layer: [
      ...(line ? [line] : []),
      {
        transform: [{ filter: "!datum.isBound" }],
        mark: { type: "line", strokeWidth: 1.6 },
        encoding: {
          x,
          y,
          color,
          strokeDash: {
            field: "series",
            type: "nominal",
            scale: { domain: joined, range: DASHES.slice(0, joined.length).map((each) => [...each]) },
            legend: joined.length === labels.length ? legend : null,
          },
        },
      },
      {
        mark: { type: "rule", strokeWidth: 1.5, clip: true },
        encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" }, color },
      },
      {
        mark: { type: "point", filled: true, size: 34, opacity: 1 },
        encoding: {
          x,
          y,
          color,
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
  };
}
