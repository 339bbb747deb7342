import type { FigureKind } from "../../figures/figure.ts";
import { foremost, rowAxis, rowFrame } from "../../figures/named-rows.ts";
import { COLOUR, finite, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import type { layersPart } from "./layers-part.ts";
import type { OutputOf } from "../part.ts";

export const layerCurvature: FigureKind<OutputOf<typeof layersPart>> = {
  name: "layer-curvature",
  of({ layers }) {
    if (layers === null || layers.length === 0) return undefined;
    const { shown, others } = foremost(layers, ({ trace }) => Math.abs(trace.value));
    const traces = finite(
      shown.map(({ name, trace }) => ({
        layer: name,
        trace: trace.value,
        low: trace.interval.lower,
        high: trace.interval.upper,
        series: "trace",
        tip: `${name}: trace ${said(trace.value, trace.standardError)}`,
      })),
    );
    const tops = finite(
      shown.flatMap(({ name, top }) =>
        top === null
          ? []
          : [
              {
                layer: name,
                top: top.value,
                series: "largest eigenvalue",
                tip: `${name}: largest eigenvalue ${said(top.value, top.residual)}`,
              },
            ],
      ),
    );
    const domain = ["trace", "largest eigenvalue"];
    const y = rowAxis(
      "layer",
      shown.map(({ name }) => name),
    );
    const axis = wideAxis([
      ...traces.flatMap(({ trace, low, high }) => [trace, low, high]),
      ...tops.map(({ top }) => top),
    ]);
    const scale = { domain, range: [COLOUR.primaryFill, COLOUR.secondary] };
    return {
      title: "Curvature, layer by layer",
      description:
        "For each layer's own block of the Hessian: its trace (bar, with its interval) and its largest eigenvalue (diamond), in the network's order. " +
        "The traces add up to the trace of the whole Hessian; the largest eigenvalues do not add up to anything." +
        (others.length > 0 ? ` The ${others.length} layers of smallest trace are in the table only.` : ""),
      spec: rowFrame(28, {
        layer: [
          { data: { values: [{}] }, mark: { type: "rule", color: COLOUR.quiet }, encoding: { x: { datum: 0 } } },
          {
            data: { values: traces },
            mark: { type: "bar", height: 16 },
            encoding: {
              y,
              x: { field: "trace", type: "quantitative", title: "curvature", ...axis },
              ...TIP,
              color: { field: "series", scale },
            },
          },
          {
            data: { values: traces },
            mark: { type: "rule", color: COLOUR.ink, strokeWidth: 1.5 },
            encoding: { y, x: { field: "low", type: "quantitative", ...axis }, x2: { field: "high" } },
          },
          {
            data: { values: tops },
            mark: { type: "point", filled: true, size: 80, opacity: 1 },
            encoding: {
              y,
              x: { field: "top", type: "quantitative", ...axis },
              ...TIP,
              color: { field: "series", scale },
              shape: { field: "series", scale: { domain, range: ["square", "diamond"] } },
            },
          },
        ],
      }),
      table: {
        columns: [
          "layer",
          "parameters",
          "trace",
          "standard error",
          "mean curvature",
          "largest eigenvalue",
          "residual",
          "‖∇L‖",
          "‖θ‖",
        ],
        rows: layers.map((layer) => [
          layer.name,
          layer.parameters,
          layer.trace.value,
          layer.trace.standardError,
          layer.meanCurvature,
          layer.top?.value ?? null,
          layer.top?.residual ?? null,
          layer.gradientNorm,
          layer.weightNorm,
        ]),
      },
    };
  },
};
