import { formatMeasured } from "../../util/format-number.ts";
import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, SIDE_WIDTH, TIP } from "../../figures/style.ts";
import type { linesPart } from "./lines-part.ts";
import type { OutputOf } from "../part.ts";

/** The loss along an extreme eigenvector of the Hessian, beside the parabola of gradient and curvature. */
function lossAlong(
  direction: "top" | "bottom",
  title: string,
  eigenvalue: string,
): Omit<FigureKind<OutputOf<typeof linesPart>>, "name"> {
  return {
    hero: "side",
    of({ lines }) {
      const line = lines?.find((each) => each.direction === direction);
      if (line === undefined) return undefined;
      const series = ["loss", "parabola"];
      const points = line.step.map((step, i) => ({ step, loss: line.loss[i], parabola: line.quadratic[i] }));
      const rows = points.flatMap(({ step, loss, parabola }) => [
        ...(loss === null ? [] : [{ series: "loss", step, value: loss }]),
        { series: "parabola", step, value: parabola },
      ]);
      const values = finite(
        rows.map((row) => ({ ...row, tip: `${row.series} at distance ${said(row.step)}: ${said(row.value)}` })),
      );
      const scale = { domain: series, range: [COLOUR.primary, COLOUR.secondary] };
      const x = {
        field: "step",
        type: "quantitative",
        title: "distance from θ, downhill to the right",
        axis: { tickCount: 4 },
      } as const;
      const y = {
        field: "value",
        type: "quantitative",
        scale: { zero: false },
        title: "loss",
        axis: { tickCount: 4 },
      } as const;
      return {
        title: `${title}, ${eigenvalue} = ${formatMeasured(line.eigenvalue.value, line.eigenvalue.residual)}`,
        description:
          `The loss at points along the eigenvector of ${eigenvalue}, and the parabola L + gᵀv t + ½ λ t² that gradient and curvature at t = 0 predict. ` +
          "Where the two part, numbers of second order no longer describe the loss.",
        spec: {
          ...frame({
            height: 104,
            data: { values },
            layer: [
              {
                mark: { type: "line", strokeWidth: 1.6 },
                encoding: {
                  x,
                  y,
                  color: { field: "series", scale },
                  strokeDash: {
                    field: "series",
                    scale: {
                      domain: series,
                      range: [
                        [1, 0],
                        [5, 4],
                      ],
                    },
                  },
                },
              },
              {
                transform: [{ filter: "datum.series == 'loss'" }],
                mark: { type: "point", filled: true, size: 36, opacity: 1 },
                encoding: {
                  x,
                  y,
                  color: { field: "series", scale },
                  ...TIP,
                },
              },
              {
                transform: [{ filter: "datum.series == 'parabola'" }],
                mark: { type: "point", filled: true, size: 36, opacity: 0 },
                encoding: { x, y, ...TIP },
              },
            ],
          }),
          width: SIDE_WIDTH,
        },
        table: {
          columns: ["distance", "loss", "parabola"],
          rows: points.map(({ step, loss, parabola }) => [step, loss, parabola]),
        },
      };
    },
  };
}

export const lossAlongSharpest: FigureKind<OutputOf<typeof linesPart>> = {
  name: "line-top",
  ...lossAlong("top", "Sharpest direction", "λmax"),
};
export const lossAlongLowest: FigureKind<OutputOf<typeof linesPart>> = {
  name: "line-bottom",
  ...lossAlong("bottom", "Lowest direction", "λmin"),
};
