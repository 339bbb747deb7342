import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { ConnectResult } from "./connect-result.ts";

const HUES = [COLOUR.quiet, COLOUR.secondary, COLOUR.primary, COLOUR.tertiary];
const DASHES = [
  [2, 3],
  [7, 3],
  [1, 0],
  [10, 3, 2, 3],
];

type Profile = ConnectResult["profiles"][number];

function profileFigure(
  set: "train" | "test",
  title: string,
  hero?: FigureKind<ConnectResult>["hero"],
): FigureKind<ConnectResult> {
  return {
    name: `connect-${set}`,
    hero,
    of({ profiles }) {
      const series = profiles.flatMap((profile) => {
        const losses = profile[set];
        return losses === null ? [] : [{ profile, losses: losses.loss }];
      });
      if (series.length === 0) return undefined;
      const rows = finite(
        series.flatMap(({ profile, losses }) =>
          profile.t.map((t, i) => ({
            share: shareOf(profile, i),
            loss: losses[i],
            way: profile.name,
            tip: `${profile.name}, t = ${formatNumber(t, 3)}: loss ${formatNumber(losses[i], 4)}`,
          })),
        ),
      );
      const names = series.map(({ profile }) => profile.name);
      const x = {
        field: "share",
        type: "quantitative",
        title: "way from the first network (0) to the other (1)",
        scale: { nice: false },
      } as const;
      const y = {
        field: "loss",
        type: "quantitative",
        title: "loss",
        scale: { zero: false },
        ...wideAxis(rows.map(({ loss }) => loss)),
      } as const;
      const scale = <T>(range: readonly T[]) => ({ domain: names, range: range.slice(0, names.length) });
      const color = {
        field: "way",
        type: "nominal",
        scale: scale(HUES),
        legend: { title: null, orient: "top", columns: 1, symbolSize: 300, symbolType: "stroke" },
      } as const;
      return {
        title,
        description:
          "The loss along each way between the two networks, over the share of its length. Level ground, or ground that falls and rises with the line between the ends, means that no barrier parts them on that way; a hump says nothing of other ways.",
        spec: frame({
          height: 240,
          data: { values: rows },
          layer: [
            {
              mark: { type: "line", strokeWidth: 1.8 },
              encoding: {
                x,
                y,
                color,
                strokeDash: { field: "way", type: "nominal", scale: scale(DASHES), legend: null },
              },
            },
            { mark: { type: "point", filled: true, size: 14, opacity: 1 }, encoding: { x, y, color, ...TIP } },
          ],
        }),
        table: {
          columns: ["way", "t", "length", "loss"],
          rows: series.flatMap(({ profile, losses }) =>
            profile.t.map((t, i) => [profile.name, t, profile.arc[i], losses[i]] as const),
          ),
        },
      };
    },
  };
}

/** The share of the length up to a point; t where the ends are one. */
function shareOf({ arc, t }: Profile, i: number): number {
  const whole = arc[arc.length - 1];
  return whole > 0 ? arc[i] / whole : t[i];
}

export const connectFigures = [
  profileFigure("train", "The loss between the two networks", "main"),
  profileFigure("test", "The loss between the two networks, held-out examples", "side"),
] as const;
