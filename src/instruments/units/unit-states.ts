import type { FigureKind } from "../../figures/figure.ts";
import { foremost, rowAxis, rowFrame } from "../../figures/named-rows.ts";
import { COLOUR, TIP } from "../../figures/style.ts";
import type { unitsPart } from "./units-part.ts";
import type { OutputOf } from "../part.ts";

export const unitStates: FigureKind<OutputOf<typeof unitsPart>> = {
  name: "units",
  of({ units }) {
    if (units === null || units.length === 0) return undefined;
    const states = ["varying", "always active", "saturated", "dead"];
    const rows = units.map(({ name, activation, units: all, ...counted }) => {
      const counts = [counted.alwaysActive ?? 0, counted.saturated ?? 0, counted.dead ?? 0];
      return { layer: `${name} (${activation})`, counts: [all - counts[0] - counts[1] - counts[2], ...counts] };
    });
    const { shown, others } = foremost(rows, ({ counts }) => counts[1] + counts[2] + counts[3]);
    const values = shown.flatMap(({ layer, counts }) =>
      states
        .map((state, i) => ({ layer, state, order: i, units: counts[i], tip: `${layer}: ${counts[i]} ${state}` }))
        .filter(({ units: all }) => all > 0),
    );
    const y = rowAxis(
      "layer",
      shown.map(({ layer }) => layer),
    );
    const x = {
      field: "units",
      type: "quantitative",
      stack: "zero",
      title: "units",
      axis: { tickMinStep: 1, format: "d" },
    } as const;
    return {
      title: "What the units do on this data",
      description:
        "Units of each activation layer by what they do over all examples: varying; always active (they act as linear units); saturated (held at a bound); " +
        "dead (0 on every example). Dead and saturated units pass no gradient on this data." +
        (others.length > 0 ? ` ${others.length} layers more, of which most units vary, are in the table only.` : ""),
      spec: rowFrame(28, {
        data: { values },
        layer: [
          {
            mark: { type: "bar", height: 16, stroke: COLOUR.paper, strokeWidth: 1 },
            encoding: {
              y,
              x,
              ...TIP,
              order: { field: "order" },
              color: {
                field: "state",
                sort: states,
                scale: {
                  domain: states,
                  range: [COLOUR.primaryFill, COLOUR.primary, COLOUR.tertiary, COLOUR.secondary],
                },
              },
            },
          },
        ],
      }),
      table: {
        columns: [
          "layer",
          "activation",
          "units",
          "times applied",
          "dead",
          "always active",
          "saturated",
          "constant",
          "duplicates",
          "mean share active",
        ],
        rows: units.map((layer) => [
          layer.name,
          layer.activation,
          layer.units,
          layer.applications,
          layer.dead,
          layer.alwaysActive,
          layer.saturated,
          layer.constant,
          layer.duplicates,
          layer.meanActiveShare,
        ]),
      },
    };
  },
};
