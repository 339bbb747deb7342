import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import type { LrResult } from "./lr-result.ts";
import { maxOf } from "../../util/extremes.ts";

const SERIES = ["batch", "smoothed"] as const;

/** The loss along a ramp of the step size, with the limits that curvature gives. */
export const rampAgainstRange: FigureKind<LrResult> = {
  name: "ramp",
  hero: "main",
  of({ ramp, fullBatch, atBatch, batch }) {
    if (ramp === null) return undefined;
    const most = 4 * maxOf(ramp.loss.slice(0, 1).map(Math.abs));
    const rows = finite(
      ramp.stepSize.flatMap((stepSize, i) =>
        SERIES.map((series) => ({
          stepSize,
          loss: (series === "batch" ? ramp.loss : ramp.smoothed)[i],
          series,
          tip: `step size ${said(stepSize)}: loss ${said(ramp.loss[i])}, smoothed ${said(ramp.smoothed[i])}`,
        })),
      ),
    ).filter(({ loss }) => Math.abs(loss) <= most);
    if (rows.length < 2) return undefined;
    const limits = [
      ...(fullBatch === null ? [] : [{ stepSize: fullBatch.stepSize, limit: "stable on the full batch" }]),
      ...(atBatch === null || atBatch.stepSize === null
        ? []
        : [{ stepSize: atBatch.stepSize, limit: `stable at batches of ${batch}` }]),
      ...(ramp.rises === null ? [] : [{ stepSize: ramp.rises.value, limit: "the finder: rises from here" }]),
    ].map((each) => ({ ...each, tip: `${each.limit}: ${said(each.stepSize)}` }));
    const x = {
      field: "stepSize",
      type: "quantitative",
      title: "step size",
      scale: { type: "log", nice: false },
    } as const;
    const y = { field: "loss", type: "quantitative", title: "loss", scale: { zero: false } } as const;
    return {
      title: "A ramp of the step size against the stable range",
      description:
        "The loss of each batch while the step size grows by a constant factor from step to step, and smoothed; what is beyond four times the first loss is cut off. Upright lines are the limits that curvature at the start gives, and where the smoothed loss begins to rise.",
      spec: frame({
        height: 280,
        data: { values: [] },
        layer: [
          {
            data: { values: rows },
            mark: { type: "line", strokeWidth: 1.4 },
            encoding: {
              x,
              y,
              color: {
                field: "series",
                type: "nominal",
                title: "loss",
                scale: { domain: [...SERIES], range: [COLOUR.quiet, COLOUR.primary] },
              },
            },
          },
          {
            data: { values: limits },
            mark: { type: "rule", strokeWidth: 1.6, color: COLOUR.secondary },
            encoding: {
              x,
              strokeDash: {
                field: "limit",
                type: "nominal",
                // One below the other: beside each other they are wider than the figure.
                legend: { columns: 1, symbolSize: 300, symbolType: "stroke" },
              },
              ...TIP,
            },
          },
        ],
      }),
      table: {
        columns: ["limit", "step size"],
        rows: limits.map(({ limit, stepSize }) => [limit, said(stepSize)]),
      },
    };
  },
};
