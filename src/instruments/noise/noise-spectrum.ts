import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, LOG_SHARE, said, TIP } from "../../figures/style.ts";
import type { noisePart } from "./noise-part.ts";
import type { eigenvaluesPart } from "../eigenvalues/eigenvalues-part.ts";
import type { OutputOf } from "../part.ts";

/** Eigenvalues below this share of the largest are rounding: the covariance of n gradients has rank n − 1 at most. */
const NOTHING = 1e-12;

export const noiseSpectrum: FigureKind<OutputOf<typeof noisePart> & OutputOf<typeof eigenvaluesPart>> = {
  name: "noise-spectrum",
  of({ noise, hessian }) {
    const spectrum = noise?.top ?? [];
    if (spectrum.length === 0) return undefined;
    const series = [
      { name: "gradient noise Σ", values: spectrum },
      { name: "Hessian H", values: hessian.top ?? [] },
    ].filter(({ values }) => values.length > 0 && values[0].value > 0);
    const points = finite(
      series.flatMap(({ name, values }) =>
        values
          .slice(0, spectrum.length)
          .map(({ value, residual }, i) => ({ matrix: name, rank: i + 1, share: value / values[0].value, residual }))
          .filter(({ share, residual }) => share > Math.max(residual / values[0].value, NOTHING))
          .map(({ matrix, rank, share }) => ({
            matrix,
            rank,
            share,
            tip: `${matrix}, rank ${rank}: ${said(share)} of the largest`,
          })),
      ),
    );
    if (points.length === 0) return undefined;
    const domain = series.map(({ name }) => name);
    const x = { field: "rank", type: "ordinal", title: "rank", axis: { labelAngle: 0, grid: false } } as const;
    const y = {
      field: "share",
      type: "quantitative",
      scale: { type: "log", nice: false, padding: 8 },
      title: "eigenvalue ÷ largest",
      axis: { labelExpr: LOG_SHARE, tickCount: 3 },
    } as const;
    const color = { field: "matrix", scale: { domain, range: [COLOUR.secondary, COLOUR.primary] } };
    return {
      title: "The shape of gradient noise and of curvature",
      description:
        "Leading eigenvalues of the covariance Σ of single examples' gradients and of the Hessian H, each relative to its own largest. When the two curves " +
        "fall alike, noise is strongest where the loss is stiffest. Eigenvalues that cannot be told from 0 are left out.",
      spec: frame({
        height: 220,
        data: { values: points },
        layer: [
          { mark: { type: "line", strokeWidth: 1.4 }, encoding: { x, y, color } },
          {
            mark: { type: "point", filled: true, size: 64, opacity: 1 },
            encoding: {
              x,
              y,
              ...TIP,
              color,
              shape: { field: "matrix", scale: { domain, range: ["diamond", "circle"] } },
            },
          },
        ],
      }),
      table: {
        columns: ["rank", "Σ", "residual", "H", "residual"],
        rows: spectrum.map((pair, i) => [
          i + 1,
          pair.value,
          pair.residual,
          hessian.top?.[i]?.value ?? null,
          hessian.top?.[i]?.residual ?? null,
        ]),
      },
    };
  },
};
