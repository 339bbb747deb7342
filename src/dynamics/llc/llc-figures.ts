import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import type { LlcResult } from "./llc-result.ts";

/** Chains that a trace shows: more are one cloud. */
const SHOWN = 8;

/** What each chain drew, draw by draw, at the main temperature. */
export const energiesOfChains: FigureKind<LlcResult> = {
  name: "trace",
  hero: "main",
  of({ trace, temperatures }) {
    const main = temperatures.find(({ multiple }) => multiple === trace.multiple);
    const chains = trace.chains.slice(0, SHOWN);
    const rows = finite(
      chains.flatMap((energies, c) =>
        energies.map((value, i) => ({ chain: `chain ${c + 1}`, draw: trace.draw[i], value })),
      ),
    );
    if (main === undefined || rows.length < 2) return undefined;
    const { value } = main.coefficient;
    return {
      title: "What the chains drew",
      description: `nβ(L(w) − L(w*)) at β = ${said(trace.multiple)}/ln n, draw by draw, of ${chains.length < trace.chains.length ? `the first ${chains.length} of ${trace.chains.length}` : `all ${chains.length}`} chains. They should look alike and keep to one level, whose mean is λ(β) (dashed).`,
      spec: frame({
        height: 240,
        data: { values: rows },
        layer: [
          {
            mark: { type: "line", strokeWidth: 0.9, opacity: 0.7 },
            encoding: {
              x: { field: "draw", type: "quantitative", title: "draw", scale: { nice: false } },
              y: { field: "value", type: "quantitative", title: "nβ(L − L*)", scale: { zero: false } },
              color: {
                field: "chain",
                type: "nominal",
                legend: null,
                scale: { range: [COLOUR.primary, COLOUR.secondary, COLOUR.tertiary, COLOUR.quiet] },
              },
            },
          },
          {
            data: { values: [{ value, tip: `λ(β) = ${said(value, main.coefficient.standardError)}` }] },
            mark: { type: "rule", color: COLOUR.ink, strokeDash: [5, 4], strokeWidth: 1.4 },
            encoding: { y: { field: "value", type: "quantitative" }, ...TIP },
          },
        ],
      }),
      table: {
        columns: ["chain", "mean nβ(L − L*)", "mean distance", "accepted"],
        rows: main.chains.map(({ energy, distance, acceptance }, c) => [
          c + 1,
          said(energy),
          said(distance),
          said(acceptance),
        ]),
      },
    };
  },
};

/** λ(β) at each temperature, beside the coefficient with its interval. */
export const coefficientByTemperature: FigureKind<LlcResult> = {
  name: "temperatures",
  hero: "side",
  of({ temperatures, coefficient }) {
    const rows = finite(
      temperatures.map(({ multiple, coefficient: { value, half } }) => ({
        x: multiple,
        value,
        low: value - (Number.isFinite(half) ? half : 0),
        high: value + (Number.isFinite(half) ? half : 0),
        tip: `β = ${said(multiple)}/ln n: ${said(value, half)}`,
      })),
    );
    if (rows.length < 2) return undefined;
    const { lower, upper } = coefficient.interval;
    const x = {
      field: "x",
      type: "quantitative",
      title: "β in units of 1/ln n",
      scale: { type: "log", nice: false },
      axis: { values: rows.map((row) => row.x), format: "~g" },
    } as const;
    return {
      title: "λ at each temperature",
      description: `λ(β) = nβ(E L − L*) with its 95 % interval of the simulation; the band is the interval of the coefficient, ${said(coefficient.value)} (dashed).`,
      spec: frame({
        height: 200,
        data: { values: rows },
        layer: [
          {
            data: { values: [{ lower, upper }] },
            mark: { type: "rect", color: COLOUR.primaryFill, opacity: 0.5 },
            encoding: {
              y: { field: "lower", type: "quantitative" },
              y2: { field: "upper" },
            },
          },
          {
            data: { values: [{ value: coefficient.value }] },
            mark: { type: "rule", color: COLOUR.ink, strokeDash: [5, 4] },
            encoding: { y: { field: "value", type: "quantitative" } },
          },
          {
            mark: { type: "rule", strokeWidth: 1.5, color: COLOUR.primary },
            encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
          },
          {
            mark: { type: "point", filled: true, size: 40, opacity: 1, color: COLOUR.primary },
            encoding: { x, y: { field: "value", type: "quantitative", title: "λ(β)", scale: { zero: false } }, ...TIP },
          },
        ],
      }),
      table: {
        columns: ["β·ln n", "λ(β)", "±"],
        rows: temperatures.map(({ multiple, coefficient: { value, half } }) => [
          said(multiple),
          said(value),
          said(half),
        ]),
      },
    };
  },
};
