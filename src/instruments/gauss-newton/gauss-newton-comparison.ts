import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import type { eigenvaluesPart } from "../eigenvalues/eigenvalues-part.ts";
import type { gaussNewtonPart } from "./gauss-newton-part.ts";
import type { OutputOf } from "../part.ts";

export const gaussNewtonComparison: FigureKind<OutputOf<typeof eigenvaluesPart> & OutputOf<typeof gaussNewtonPart>> = {
  name: "gauss-newton",
  of({ hessian, gaussNewton }) {
    const full = hessian.top ?? [];
    const part = gaussNewton?.top ?? [];
    if (full.length === 0 || part.length === 0) return undefined;
    const count = Math.min(full.length, part.length);
    const series = [
      { name: "Hessian", pairs: full },
      { name: "Gauss–Newton", pairs: part },
    ];
    const values = finite(
      series.flatMap(({ name, pairs }) =>
        pairs.slice(0, count).map(({ value, residual }, i) => ({
          rank: i + 1,
          matrix: name,
          eigenvalue: value,
          low: value - residual,
          high: value + residual,
          tip: `${name} ${i + 1}: ${said(value, residual)}`,
        })),
      ),
    );
    const domain = series.map(({ name }) => name);
    const x = {
      field: "rank",
      type: "ordinal",
      title: "rank",
      axis: { labelAngle: 0, grid: false },
    } as const;
    const axis = wideAxis(values.map(({ eigenvalue }) => eigenvalue));
    return {
      title: "Hessian and Gauss–Newton matrix, leading eigenvalues",
      description:
        "The leading eigenvalues of the Hessian H beside those of its Gauss–Newton part G, rank by rank. Where the two agree, curvature comes from " +
        "how the outputs respond to the parameters; the difference is the network's own second derivative, weighted by what is still wrong.",
      spec: frame({
        height: 220,
        data: { values },
        layer: [
          {
            mark: { type: "rule", color: COLOUR.ink, strokeWidth: 1.5 },
            encoding: {
              x,
              xOffset: { field: "matrix", sort: domain },
              y: { field: "low", type: "quantitative", title: "eigenvalue", ...axis },
              y2: { field: "high" },
            },
          },
          {
            mark: { type: "point", filled: true, size: 70, opacity: 1 },
            encoding: {
              x,
              xOffset: { field: "matrix", sort: domain },
              y: { field: "eigenvalue", type: "quantitative", title: "eigenvalue", ...axis },
              ...TIP,
              color: { field: "matrix", scale: { domain, range: [COLOUR.primary, COLOUR.secondary] } },
              shape: { field: "matrix", scale: { domain, range: ["circle", "diamond"] } },
            },
          },
        ],
      }),
      table: {
        columns: ["rank", "Hessian", "residual", "Gauss–Newton", "residual"],
        rows: full
          .slice(0, count)
          .map((pair, i) => [i + 1, pair.value, pair.residual, part[i].value, part[i].residual]),
      },
    };
  },
};
