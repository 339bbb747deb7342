import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, subscript, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import type { eigenvaluesPart } from "./eigenvalues-part.ts";
import type { OutputOf } from "../part.ts";

export const extremalEigenvalues: FigureKind<OutputOf<typeof eigenvaluesPart>> = {
  name: "extremal-eigenvalues",
  of({ hessian }) {
    const top = (hessian.top ?? []).map((pair, i) => ({ label: `λ${subscript(i + 1)}`, ...pair }));
    const bottom = (hessian.bottom ?? [])
      .map((pair, i) => ({ label: i === 0 ? "λₙ" : `λₙ₋${subscript(i)}`, ...pair }))
      .reverse();
    const values = finite(
      [...top, ...bottom].map(({ label, value, residual }) => ({
        label,
        eigenvalue: value,
        low: value - residual,
        high: value + residual,
        sign: value < 0 ? "downward curvature" : "upward curvature",
        tip: `${label} = ${said(value, residual)}`,
      })),
    );
    if (values.length === 0) return undefined;
    const x = {
      field: "label",
      type: "nominal",
      sort: null,
      title: "largest eigenvalues, then smallest",
      axis: { labelAngle: 0, grid: false, labelOverlap: true },
    } as const;
    const y = {
      field: "eigenvalue",
      type: "quantitative",
      title: "eigenvalue",
      ...wideAxis(values.map(({ eigenvalue }) => eigenvalue)),
    } as const;
    return {
      title: "Extreme eigenvalues of the Hessian",
      description:
        "The largest eigenvalues in descending order, from λ₁ = λmax, then the smallest, down to λₙ = λmin of n parameters. Each bar through a point is the Ritz residual ‖Hv − λv‖: an eigenvalue " +
        "is certain to lie within it; mostly it is shorter than the point.",
      spec: frame({
        height: 240,
        data: { values },
        layer: [
          { mark: { type: "rule", color: COLOUR.quiet }, encoding: { y: { datum: 0 } } },
          {
            mark: { type: "rule", color: COLOUR.primaryFill, strokeWidth: 2 },
            encoding: { x, y, y2: { datum: 0 } },
          },
          {
            mark: { type: "rule", color: COLOUR.ink, strokeWidth: 1.5 },
            encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
          },
          {
            mark: { type: "point", filled: true, size: 64, opacity: 1 },
            encoding: {
              x,
              y,
              ...TIP,
              color: {
                field: "sign",
                scale: {
                  domain: ["upward curvature", "downward curvature"],
                  range: [COLOUR.primary, COLOUR.secondary],
                },
              },
              shape: {
                field: "sign",
                scale: { domain: ["upward curvature", "downward curvature"], range: ["circle", "triangle-down"] },
              },
            },
          },
        ],
      }),
      table: {
        columns: ["eigenvalue", "value", "residual"],
        rows: [...top, ...bottom].map(({ label, value, residual }) => [label, value, residual]),
      },
    };
  },
};
