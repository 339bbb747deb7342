import type { FigureKind } from "./figure.ts";
import { COLOUR, finite, frame } from "./style.ts";

export const attributionTensors: FigureKind = {
  name: "attribution-tensors",
  instrument: "attribution",
  of({ attribution }) {
    if (attribution === null || attribution.length === 0) return undefined;
    const cells = finite(
      attribution.flatMap(({ index, tensors }) =>
        tensors.map(({ name, share }) => ({ vector: `v${index + 1}`, tensor: name, share })),
      ),
    );
    const names = attribution[0].tensors.map(({ name }) => name);
    const x = {
      field: "vector",
      type: "ordinal",
      sort: null,
      title: "eigenvector, stiffest first",
      axis: { labelAngle: 0, orient: "bottom", grid: false },
    } as const;
    const y = {
      field: "tensor",
      type: "nominal",
      sort: names,
      title: null,
      axis: { grid: false, domain: false, ticks: false },
    } as const;
    return {
      title: "Where the stiffest directions live",
      description:
        "Share of each leading eigenvector's squared length that lies in each parameter tensor: every column adds up to 1. A deep-coloured cell means that moving " +
        "this tensor is what meets this curvature.",
      spec: frame({
        height: { step: 28 },
        data: { values: cells },
        layer: [
          {
            mark: { type: "rect", color: COLOUR.coolCell, stroke: COLOUR.rule, strokeWidth: 1 },
            encoding: {
              x,
              y,
              fillOpacity: {
                field: "share",
                type: "quantitative",
                scale: { domain: [0, 1], range: [0, 1] },
                legend: null,
              },
            },
          },
          {
            transform: [{ filter: "datum.share >= 0.05" }],
            mark: { type: "text", fontSize: 11, color: COLOUR.ink },
            encoding: {
              x,
              y,
              text: { field: "share", type: "quantitative", format: ".2f" },
            },
          },
        ],
      }),
      table: {
        columns: ["tensor", ...attribution.map(({ index }) => `v${index + 1}`)],
        rows: names.map((name) => [
          name,
          ...attribution.map(({ tensors }) => tensors.find((tensor) => tensor.name === name)?.share ?? null),
        ]),
      },
    };
  },
};
