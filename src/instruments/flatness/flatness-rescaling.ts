import type { FigureKind } from "../../figures/figure.ts";
import { rowAxis, rowFrame } from "../../figures/named-rows.ts";
import { COLOUR, finite, said, TIP } from "../../figures/style.ts";
import type { flatnessPart } from "./flatness-part.ts";
import type { OutputOf } from "../part.ts";

const LOG = { type: "log", nice: false, padding: 12 } as const;

export const flatnessRescaling: FigureKind<OutputOf<typeof flatnessPart>> = {
  name: "flatness-rescaling",
  of({ flatness }) {
    if (flatness === null || flatness.rescalings.length === 0) return undefined;
    const titles = new Map(flatness.measures.map(({ name, title }) => [name, title]));
    const moves = finite(
      flatness.rescalings.flatMap(({ factor, values }) =>
        values.flatMap(({ name, ratio }) =>
          ratio !== null && ratio > 0
            ? [
                {
                  measure: titles.get(name) ?? name,
                  rescaling: `by ${factor}`,
                  ratio,
                  tip: `${titles.get(name) ?? name}, by ${factor}: × ${said(ratio)}`,
                },
              ]
            : [],
        ),
      ),
    );
    if (moves.length === 0) return undefined;
    const order = flatness.measures.map(({ title }) => title);
    const y = rowAxis("measure", order);
    const rescalings = [...new Set(moves.map(({ rescaling }) => rescaling))];
    const hues = [COLOUR.secondary, COLOUR.primary, COLOUR.tertiary];
    const shapes = ["diamond", "circle", "square"];
    return {
      title: "Which flatness survives a change that changes nothing",
      description:
        "Each measure of flatness after rescalings of the weights that leave the network's function as it is, relative to its value at the given weights " +
        "(the line at 1). A measure that spreads out here says something about the coordinates, not about the network.",
      spec: rowFrame(34, {
        data: { values: moves },
        layer: [
          { mark: { type: "rule", color: COLOUR.ink, strokeDash: [3, 3] }, encoding: { x: { datum: 1 } } },
          {
            mark: { type: "rule", color: COLOUR.primaryFill, strokeWidth: 3 },
            encoding: {
              y,
              x: { aggregate: "min", field: "ratio", type: "quantitative", scale: LOG },
              x2: { aggregate: "max", field: "ratio" },
            },
          },
          {
            mark: { type: "point", filled: true, size: 80, opacity: 1 },
            encoding: {
              y,
              ...TIP,
              x: {
                field: "ratio",
                type: "quantitative",
                scale: LOG,
                title: "value after ÷ value before",
                axis: { format: "~g", tickCount: 5, labelFlush: 14 },
              },
              color: {
                field: "rescaling",
                scale: { domain: rescalings, range: rescalings.map((_, i) => hues[i % hues.length]) },
              },
              shape: {
                field: "rescaling",
                scale: { domain: rescalings, range: rescalings.map((_, i) => shapes[i % shapes.length]) },
              },
            },
          },
        ],
      }),
      table: {
        columns: ["measure", ...flatness.rescalings.map(({ symmetry }) => symmetry)],
        rows: flatness.measures.map(({ name, title }) => [
          title,
          ...flatness.rescalings.map(({ values }) => values.find((value) => value.name === name)?.ratio ?? null),
        ]),
      },
    };
  },
};
