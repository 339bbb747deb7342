import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import type { TrainResult } from "./train-result.ts";

const SERIES = ["batch", "all examples", "held-out"] as const;

/** The loss of the batches against the step, and of all examples at the checkpoints. */
export const lossWhileTraining: FigureKind<TrainResult> = {
  name: "loss",
  hero: "main",
  of({ curve, checkpoints }) {
    const row = (series: (typeof SERIES)[number], x: number, value: number | null) =>
      value === null || !Number.isFinite(value)
        ? []
        : [{ series, x, value, tip: `${series} at step ${x}: ${said(value)}` }];
    const batches = finite(curve.step.flatMap((step, i) => row("batch", step, curve.loss[i])));
    const points = finite(
      checkpoints.flatMap(({ step, loss, testLoss }) => [
        ...row("all examples", step, loss),
        ...row("held-out", step, testLoss),
      ]),
    );
    if (batches.length < 2) return undefined;
    const domain = SERIES.filter((series) => [...batches, ...points].some((each) => each.series === series));
    const colours = { batch: COLOUR.secondary, "all examples": COLOUR.primary, "held-out": COLOUR.tertiary };
    const isPositive = [...batches, ...points].every(({ value }) => value > 0);
    const scale: { type: "log" } | { zero: false } = isPositive ? { type: "log" } : { zero: false };
    const encoding = {
      x: { field: "x", type: "quantitative", title: "step", scale: { nice: false, zero: true } },
      y: {
        field: "value",
        type: "quantitative",
        title: "loss",
        scale,
      },
      color: { field: "series", scale: { domain, range: domain.map((each) => colours[each]) } },
    } as const;
    return {
      title: "The loss while training",
      description:
        "The loss of each batch before its step, and of all examples at the checkpoints. A batch is a sample: its loss scatters about that of all examples at the same weights.",
      spec: frame({
        height: 260,
        layer: [
          { data: { values: batches }, mark: { type: "line", strokeWidth: 1, opacity: 0.7 }, encoding },
          { data: { values: points }, mark: { type: "line", strokeWidth: 1.8 }, encoding },
          {
            data: { values: points },
            mark: { type: "point", filled: true, size: 24, opacity: 1 },
            encoding: { ...encoding, ...TIP },
          },
        ],
        data: { values: [] },
      }),
      table: {
        columns: ["step", "loss", "held-out loss"],
        rows: checkpoints.map(({ step, loss, testLoss }) => [
          step,
          said(loss),
          testLoss === null ? null : said(testLoss),
        ]),
      },
    };
  },
};
