import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { KINDS } from "./classify.ts";
import type { CriticalResult } from "./critical-result.ts";

/** Index against loss, a point for each class. */
export const indexAgainstLoss: FigureKind<CriticalResult> = {
  name: "index",
  hero: "main",
  of({ classes }) {
    const rows = finite(
      classes.map(({ loss, index, kind, found, name }) => ({
        loss,
        index,
        kind,
        found,
        tip: `${name}: loss ${said(loss)}, ${index} negative curvatures, found ${found} times`,
      })),
    );
    if (rows.length === 0) return undefined;
    const domain = KINDS.map(({ name }) => name).filter((name) => rows.some(({ kind }) => kind === name));
    const colours = {
      minimum: COLOUR.primary,
      saddle: COLOUR.secondary,
      degenerate: COLOUR.tertiary,
      maximum: COLOUR.ink,
    };
    return {
      title: "Index against loss",
      description:
        "Each point is a class of critical points of one loss and one number of negative curvatures; its size tells how many searches ended there.",
      spec: frame({
        height: 280,
        data: { values: rows },
        layer: [
          {
            mark: { type: "point", filled: true, opacity: 0.85 },
            encoding: {
              x: { field: "loss", type: "quantitative", title: "loss", scale: { zero: false } },
              y: {
                field: "index",
                type: "quantitative",
                title: "index (negative curvatures)",
                scale: { zero: true },
                axis: { tickMinStep: 1, format: "d" },
              },
              size: { field: "found", type: "quantitative", title: "searches", scale: { range: [30, 300] } },
              color: {
                field: "kind",
                type: "nominal",
                title: "kind",
                scale: { domain, range: domain.map((each) => colours[each]) },
              },
              ...TIP,
            },
          },
        ],
      }),
      table: {
        columns: ["loss", "index", "kind", "searches"],
        rows: rows.map(({ loss, index, kind, found }) => [said(loss), index, kind, found]),
      },
    };
  },
};
