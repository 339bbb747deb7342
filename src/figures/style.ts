import type { Config, TopLevelSpec } from "vega-lite";
import { formatEstimate, formatNumber, typeset } from "../util/format-number.ts";
import type { Specification } from "./figure.ts";
import { vegaLite } from "./vega-lite.ts";

/**
 * Colours by what they are for. The two hues differ in lightness too, so that they stay apart in
 * print and for readers who do not tell red from green; marks also differ in shape. Text in `ink`
 * is legible on the two cell colours.
 */
export const PALETTE = {
  light: {
    ink: "#1d2021",
    quiet: "#575d60",
    rule: "#dcdad3",
    paper: "#fffefb",
    primary: "#1f5f8b",
    primaryFill: "#b9d3e4",
    secondary: "#b4541f",
    tertiary: "#5d6b2f",
    coolCell: "#7fb0d2",
    warmCell: "#e3a27c",
  },
  dark: {
    ink: "#e9e6df",
    quiet: "#a7a9a4",
    rule: "#3a3f42",
    paper: "#16191b",
    primary: "#7fb8de",
    primaryFill: "#2c506a",
    secondary: "#eb9a63",
    tertiary: "#b3c274",
    coolCell: "#2f6d98",
    warmCell: "#98502b",
  },
} as const;

export type Scheme = keyof typeof PALETTE;

export const COLOUR = PALETTE.light;

/** Width of a figure, labels and legend included, in CSS pixels. */
export const FIGURE_WIDTH = 600;

/** Width of a figure that stands beside another. */
export const SIDE_WIDTH = 392;

/** The parameter of a specification that says how many characters a row's label may have. */
export const LONGEST_LABEL = "longestLabel";

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Largest exponent, of either sign, that POWER_OF_TEN can write. */
const MAX_EXPONENT = 18;

const EXPONENTS = Array.from({ length: 2 * MAX_EXPONENT + 1 }, (_, i) => typesetExponent(i - MAX_EXPONENT));

function typesetExponent(exponent: number): string {
  return String(exponent)
    .replace(/\d/g, (digit) => DIGITS[Number(digit)])
    .replace("-", "⁻");
}

const LOG10 = "log(datum.value) / LN10";

/** Label of a power of ten, its exponent set as such. */
export const POWER_OF_TEN = `"10" + ${JSON.stringify(EXPONENTS)}[round(${LOG10}) + ${MAX_EXPONENT}]`;

/**
 * A power of ten of either sign as it is set: plain from 0.01 to 1000.
 *
 * @example
 * powerOfTen(-0.001); // "−10⁻³"
 */
export function powerOfTen(value: number): string {
  if (value === 0) return "0";
  const sign = value < 0 ? "−" : "";
  const exponent = Math.round(Math.log10(Math.abs(value)));
  if (exponent >= -2 && exponent <= 3) return `${sign}${Number(`1e${exponent}`)}`;
  return `${sign}10${typesetExponent(exponent)}`;
}

/** Labels of shares on a logarithmic scale: small powers of ten as powers, all others as numbers. */
export const LOG_SHARE = `datum.label == "" ? "" : datum.value < 0.01 && abs(${LOG10} - round(${LOG10})) < 1e-9 ? ${POWER_OF_TEN} : format(datum.value, "~g")`;

const config: Config = {
  background: COLOUR.paper,
  font: "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
  padding: 6,
  view: { stroke: null },
  axis: {
    labelColor: COLOUR.quiet,
    titleColor: COLOUR.ink,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 10,
    domainColor: COLOUR.quiet,
    tickColor: COLOUR.quiet,
    tickSize: 4,
    grid: true,
    gridColor: COLOUR.rule,
    gridOpacity: 1,
    labelLimit: 230,
  },
  axisXQuantitative: { tickCount: 7 },
  legend: {
    // A symbol says a colour, however faint the area is that it stands for.
    symbolOpacity: 1,
    orient: "top",
    direction: "horizontal",
    title: null,
    labelColor: COLOUR.ink,
    labelFontSize: 12,
    labelLimit: 420,
    symbolSize: 70,
    columnPadding: 18,
    offset: 8,
  },
  text: { color: COLOUR.ink, fontSize: 12 },
};

type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;

/** The common frame of every figure: schema, size, style. */
export function frame(drawing: Pick<LayeredSpec, "data" | "layer" | "height" | "params">): LayeredSpec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: FIGURE_WIDTH,
    autosize: { type: "fit-x", contains: "padding" },
    config,
    ...drawing,
  };
}

/** Room for the axes beside the panels of {@link stacked}: labels and title, alike for all, so that panels stand in line. */
const BESIDE = 84;

type StackedSpec = Extract<TopLevelSpec, { vconcat: unknown }>;

/** Drawings one below the other, as wide as a figure, each with colours and marks of its own. */
export function stacked(panels: readonly Pick<LayeredSpec, "data" | "layer" | "height">[]): StackedSpec {
  const { axis, ...rest } = config;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    config: { ...rest, axis, axisY: { minExtent: BESIDE / 2, maxExtent: BESIDE / 2, tickCount: 4 } },
    spacing: 8,
    resolve: { scale: { color: "independent", shape: "independent", strokeDash: "independent" } },
    vconcat: panels.map((panel) => ({ width: FIGURE_WIDTH - BESIDE, ...panel })),
  };
}

/** The same figure for a page of another width: its text keeps its size, so there is less of it. */
export function atWidth(spec: Specification, width: number): Specification {
  if (width >= FIGURE_WIDTH) return spec;
  const { params, config: { axis, legend, ...rest } = {} } = vegaLite(spec);
  return {
    ...spec,
    ...widened(spec, width),
    ...(params && { params: params.map((each) => (each.name === LONGEST_LABEL ? { ...each, value: 25 } : each)) }),
    config: {
      ...rest,
      axis: { ...axis, labelFontSize: 11 },
      axisXQuantitative: { tickCount: 4 },
      legend: { ...legend, columns: 2, columnPadding: 12 },
    },
  };
}

/** The width of a drawing, or of each that stands below another. */
function widened({ vconcat }: Specification, width: number): Pick<Specification, "width" | "vconcat"> {
  return Array.isArray(vconcat)
    ? { vconcat: vconcat.map((panel: object) => ({ ...panel, width: width - BESIDE })) }
    : { width };
}

/** The field of a row that says in words what a mark shows: for whoever points at it, and for screen readers. */
export const TIP = { description: { field: "tip", type: "nominal" } } as const;

/** A number with its error as a tip has it. */
export function said(value: number, error?: number | null): string {
  return typeset(error === undefined ? formatNumber(value) : formatEstimate(value, error));
}

/** The digits of a number as they stand below a symbol. */
export function subscript(number: number): string {
  return String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]);
}

/** Rows of the data inside a specification: JSON has no NaN or ∞, and a mark cannot be drawn there. */
export function finite<Row extends object>(rows: readonly Row[]): Row[] {
  return rows.filter((row) => Object.values(row).every((value) => typeof value !== "number" || Number.isFinite(value)));
}
