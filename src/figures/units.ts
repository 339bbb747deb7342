import type { FigureKind } from "./figure.ts";
import { foremost, rowAxis, rowFrame } from "./named-rows.ts";
import { COLOUR } from "./style.ts";

export const unitStates: FigureKind = {
  name: "units",
  instrument: "units",
  of({ units }) {
    if (units === null || units.length === 0) return undefined;
    const states = ["varying", "always active", "saturated", "dead"];
    const rows = new Map<string, number[]>();
    for (const { name, activation, units: all, alwaysActive, saturated, dead } of units) {
      const [active, bound, zero] = [alwaysActive ?? 0, saturated ?? 0, dead ?? 0];
      const counts = [all - active - bound - zero, active, bound, zero];
      const label = `${name} (${activation})`;
      const sofar = rows.get(label);
      rows.set(label, sofar ? counts.map((count, i) => count + sofar[i]) : counts);
    }
    const { shown, others } = foremost(
      [...rows].map(([layer, counts]) => ({ layer, counts })),
      ({ counts }) => counts[1] + counts[2] + counts[3],
    );
    const values = shown.flatMap(({ layer, counts }) =>
      states.map((state, i) => ({ layer, state, order: i, units: counts[i] })),
    );
    const y = rowAxis(
      "layer",
      shown.map(({ layer }) => layer),
    );
    const x = { field: "units", type: "quantitative", stack: "zero", title: "units" } as const;
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
