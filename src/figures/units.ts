import type { FigureKind } from "./figure.ts";
import { COLOUR, frame } from "./style.ts";

export const unitStates: FigureKind = {
  name: "units",
  instrument: "units",
  of({ units }) {
    if (units === null || units.length === 0) return undefined;
    const states = ["varying", "always active", "saturated", "dead"];
    const rows = units.map((layer) => {
      const counts = [layer.alwaysActive ?? 0, layer.saturated ?? 0, layer.dead ?? 0];
      return { layer: layer.name, counts: [layer.units - counts[0] - counts[1] - counts[2], ...counts] };
    });
    const values = rows.flatMap(({ layer, counts }) =>
      states.map((state, i) => ({ layer, state, order: i, units: counts[i] })),
    );
    const y = {
      field: "layer",
      type: "nominal",
      sort: null,
      title: null,
      axis: { grid: false, domain: false, ticks: false },
    } as const;
    const x = { field: "units", type: "quantitative", stack: "zero", title: "units" } as const;
    return {
      title: "What the units do on this data",
      description:
        "Units of each activation layer by what they do over all examples: varying; always active (they act as linear units); saturated (held at a bound); " +
        "dead (0 on every example). Dead and saturated units pass no gradient on this data.",
      spec: frame({
        height: { step: 30 },
        data: { values },
        layer: [
          {
            mark: { type: "bar", height: 16, stroke: COLOUR.paper, strokeWidth: 1 },
            encoding: {
              y,
              x,
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
