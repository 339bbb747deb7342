import type { Figure, FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, LOG_SHARE, said, TIP } from "../../figures/style.ts";
import type { ClaimResult } from "./claim-result.ts";
import type { Picture } from "./picture.ts";

const ROLES = ["measured", "law", "other law"] as const;
type Role = (typeof ROLES)[number];

/** Colour and dash of each role: they differ in both. */
const COLOURS: Readonly<Record<Role, string>> = {
  measured: COLOUR.ink,
  law: COLOUR.primary,
  "other law": COLOUR.secondary,
};
const DASHES: Readonly<Record<Role, number[]>> = { measured: [1, 0], law: [1, 0], "other law": [5, 4] };

/** Pixels between the outermost marks and the edge of the drawing. */
const INSET = 8;

/** Prediction and measurement of a claim in one drawing. */
export const predictionBesideMeasurement: FigureKind<ClaimResult> = {
  name: "claim",
  hero: "main",
  of: ({ picture }) => (picture === null ? undefined : drawn(picture)),
};

/** A picture as a figure. */
export function drawn(picture: Picture): Omit<Figure, "name" | "instrument" | "hero"> {
  const { title, description, law, rival, measured } = picture;
  const rowsOf = (role: Role, curves: readonly { name: string; x: number[]; y: number[] }[]) =>
    curves.flatMap(({ name, x, y }, k) =>
      x.map((at, i) => ({
        role,
        curve: `${role} ${k}`,
        x: at,
        y: y[i],
        order: i,
        tip: `${role}${name === "" ? "" : `, ${name}`}, at ${said(at)}: ${said(y[i])}`,
      })),
    );
  const lines = visible(picture, [...rowsOf("law", law), ...rowsOf("other law", rival)]);
  const marks = visible(
    picture,
    measured.flatMap((each, k) =>
      rowsOf("measured", [each]).map((row) => {
        const error = each.error?.[row.order] ?? 0;
        return {
          ...row,
          curve: `measured ${k}`,
          as: each.as,
          lower: row.y - error,
          upper: row.y + error,
          tip: `measured${each.name === "" ? "" : `, ${each.name}`}, at ${said(row.x)}: ${said(row.y, error)}`,
        };
      }),
    ),
  );
  const domain = ROLES.filter((role) => lines.some((row) => row.role === role) || role === "measured");
  const color = {
    field: "role",
    type: "nominal",
    scale: { domain, range: domain.map((role) => COLOURS[role]) },
    legend: { symbolType: "stroke", symbolStrokeWidth: 2, symbolSize: 300 },
  } as const;
  const strokeDash = {
    field: "role",
    type: "nominal",
    scale: { domain, range: domain.map((role) => DASHES[role]) },
  } as const;
  const axis = (field: "x" | "y") =>
    ({
      field,
      type: "quantitative",
      title: picture[field].title,
      scale: { type: picture[field].scale, nice: false, zero: false, padding: INSET },
      ...(picture[field].scale === "log" && { axis: { tickCount: 5, labelExpr: LOG_SHARE } }),
    }) as const;
  const [x, y] = [axis("x"), axis("y")];
  const detail = { field: "curve", type: "nominal" } as const;
  const order = { field: "order", type: "quantitative" } as const;
  const errors = marks.filter(({ as, lower, upper }) => as === "points" && upper > lower);
  return {
    title,
    description: `${description} Lines are predictions, the dashed one that of the other law where there is one; what was measured stands in black${errors.length > 0 ? ", one standard error to each side" : ""}.`,
    spec: frame({
      height: 300,
      layer: [
        {
          data: { values: marks.filter(({ as }) => as === "steps") },
          mark: { type: "line", interpolate: "step", strokeWidth: 1, color: COLOUR.quiet },
          encoding: { x, y, detail, order },
        },
        {
          data: { values: marks.filter(({ as }) => as === "line") },
          mark: { type: "line", strokeWidth: 1 },
          encoding: { x, y, detail, order, color },
        },
        {
          data: { values: lines },
          mark: { type: "line", strokeWidth: 1.8 },
          encoding: { x, y, detail, order, color, strokeDash },
        },
        {
          data: { values: errors },
          mark: { type: "rule", color: COLOURS.measured },
          encoding: { x, y: { ...y, field: "lower" }, y2: { field: "upper" } },
        },
        {
          data: { values: marks.filter(({ as }) => as === "points") },
          mark: { type: "point", filled: true, size: 32, opacity: 1 },
          encoding: { x, y, color, ...TIP },
        },
      ],
    }),
    table: {
      columns: ["role", picture.x.title, picture.y.title, "standard error"],
      rows: [
        ...marks.map((row) => [row.role, row.x, row.y, row.upper - row.y]),
        ...lines.map((row) => [row.role, row.x, row.y, null]),
      ],
    },
  };
}

/** Rows that have a place: a logarithm has none of what is not positive. */
function visible<Row extends { readonly x: number; readonly y: number }>(
  { x, y }: Picture,
  rows: readonly Row[],
): Row[] {
  return finite(rows).filter((row) => (x.scale === "linear" || row.x > 0) && (y.scale === "linear" || row.y > 0));
}
