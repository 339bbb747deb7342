import type { FigureKind } from "./figure.ts";
import { COLOUR, finite, frame } from "./style.ts";

export const attributionClasses: FigureKind = {
  name: "attribution-classes",
  instrument: "attribution",
  of({ attribution }) {
    const vectors = (attribution ?? []).flatMap(({ index, classes }) =>
      classes === null ? [] : [{ label: `v${index + 1}`, classes }],
    );
    if (vectors.length === 0) return undefined;
    const signs = ["along", "against"];
    const cells = finite(
      vectors.flatMap(({ label, classes }) =>
        classes.map((each) => ({
          vector: label,
          class: `class ${each.class}`,
          cosine: each.cosine,
          size: Math.abs(each.cosine),
          sign: signs[each.cosine < 0 ? 1 : 0],
        })),
      ),
    );
    const classes = vectors[0].classes.map((each) => each.class);
    const x = {
      field: "vector",
      type: "ordinal",
      sort: null,
      title: "eigenvector, stiffest first",
      axis: { labelAngle: 0, orient: "bottom", grid: false },
    } as const;
    const y = {
      field: "class",
      type: "nominal",
      sort: null,
      title: null,
      axis: { grid: false, domain: false, ticks: false },
    } as const;
    return {
      title: "Stiff directions and the classes",
      description:
        "Cosine between each leading eigenvector and the mean gradient of each class: + along it, − against it. The sign of a whole column is " +
        "arbitrary; opposite signs within one column mean that the direction trades one class against the other.",
      spec: frame({
        height: { step: 26 },
        data: { values: cells },
        layer: [
          {
            mark: { type: "rect", stroke: COLOUR.rule, strokeWidth: 1 },
            encoding: {
              x,
              y,
              color: { field: "sign", scale: { domain: signs, range: [COLOUR.coolCell, COLOUR.warmCell] } },
              fillOpacity: {
                field: "size",
                type: "quantitative",
                scale: { domain: [0, 1], range: [0, 1] },
                legend: null,
              },
            },
          },
          {
            transform: [{ filter: "datum.size >= 0.1" }],
            mark: { type: "text", fontSize: 11, color: COLOUR.ink },
            encoding: {
              x,
              y,
              text: { field: "cosine", type: "quantitative", format: "+.1f" },
            },
          },
        ],
      }),
      table: {
        columns: ["class", ...vectors.map(({ label }) => label)],
        rows: classes.map((name, i) => [name, ...vectors.map((vector) => vector.classes[i]?.cosine ?? null)]),
      },
    };
  },
};
