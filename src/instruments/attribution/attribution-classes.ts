import type { FigureKind } from "../../figures/figure.ts";
import { heatMap, heatTable } from "../../figures/heat-map.ts";
import type { attributionPart } from "./attribution-part.ts";
import type { OutputOf } from "../part.ts";

export const attributionClasses: FigureKind<OutputOf<typeof attributionPart>> = {
  name: "attribution-classes",
  of({ attribution }) {
    const vectors = (attribution ?? []).flatMap(({ index, classes }) =>
      classes === null ? [] : [{ label: `v${index + 1}`, classes }],
    );
    if (vectors.length === 0) return undefined;
    const columns = vectors.map(({ label }) => label);
    const rows = vectors[0].classes.map(({ class: name }, i) => ({
      name: `class ${name}`,
      values: vectors.map(({ classes }) => classes[i]?.cosine ?? null),
    }));
    return {
      title: "Stiff directions and the classes",
      description:
        "Cosine between each leading eigenvector and the mean gradient of each class: + along it, − against it. The sign of a whole column is " +
        "arbitrary; opposite signs within one column mean that the direction trades one class against the other.",
      spec: heatMap({
        rows,
        columns,
        columnTitle: "eigenvector, stiffest first",
        signs: ["along", "against"],
        least: 0.1,
        format: "+.1f",
      }),
      table: heatTable("class", columns, rows),
    };
  },
};
