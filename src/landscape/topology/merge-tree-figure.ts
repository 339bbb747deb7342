import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { lossAxis } from "./loss-axis.ts";
import type { SampledTopology, TopologyResult } from "./topology-result.ts";

/** Basins that are told apart in a drawing. */
const MOST_BASINS = 24;

/** The basins as leaves, each on a stem from its minimum up to the level at which it meets a lower one. */
export function mergeTreeFigure(sampled: SampledTopology): ReturnType<FigureKind<TopologyResult>["of"]> {
  const { name, highest, minima, basins } = sampled;
  if (highest === null || basins.length < 2) return undefined;
  // From the lowest up, so that what is left out is never the elder of what is shown.
  const shown = basins.slice(0, MOST_BASINS).map(({ minimum, share }, i) => ({ label: i + 1, minimum, share }));
  const placed = leafOrder(
    sampled,
    shown.map(({ minimum }) => minimum),
  );
  const x = new Map(placed.map((minimum, i) => [minimum, i + 1]));
  const stems = finite(
    shown.map(({ label, minimum, share }) => {
      const { birth, death, elder } = minima[minimum];
      const into = elder === null ? undefined : basinThat(sampled, x, elder);
      return {
        label: String(label),
        x: x.get(minimum) ?? 0,
        elder: (into === undefined ? undefined : x.get(into)) ?? x.get(minimum) ?? 0,
        birth,
        end: death ?? highest,
        tip: `basin ${label}: minimum ${said(birth)}, ${death === null ? "meets no lower one" : `meets a lower one at ${said(death)}`}, ${said(100 * share)} % of the samples`,
      };
    }),
  );
  const lowest = stems.reduce((least, { birth }) => Math.min(least, birth), highest);
  const level = { type: "quantitative", ...lossAxis(lowest, highest) } as const;
  const across = {
    field: "x",
    type: "quantitative" as const,
    axis: null,
    scale: { domain: [0.3, placed.length + 0.7], nice: false, zero: false },
  };
  return {
    title: `How the basins of the ${name} merge`,
    description:
      "Each vertical line is a basin, from the loss at its minimum up to the loss at which it meets that of a lower minimum, to which the horizontal line leads. The longer the line, the deeper the basin. How far lines stand apart means nothing." +
      (basins.length > shown.length ? ` The ${shown.length} lowest of ${basins.length} basins are drawn.` : ""),
    spec: frame({
      height: 260,
      data: { values: stems },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 2.4, color: COLOUR.primary },
          encoding: { x: across, y: { field: "birth", ...level }, y2: { field: "end" } },
        },
        {
          mark: { type: "rule", strokeWidth: 1.2, color: COLOUR.quiet },
          encoding: { x: across, x2: { field: "elder" }, y: { field: "end", ...level } },
        },
        {
          mark: { type: "point", filled: true, size: 60, opacity: 1, color: COLOUR.primary },
          encoding: { x: across, y: { field: "birth", ...level }, ...TIP },
        },
        {
          mark: { type: "text", dy: 14, color: COLOUR.ink },
          encoding: { x: across, y: { field: "birth", ...level }, text: { field: "label", type: "nominal" } },
        },
      ],
    }),
    table: {
      columns: ["basin", "loss at the minimum", "meets a lower one at", "share of the samples"],
      rows: basins.map(({ minimum, share }, i) => [i + 1, minima[minimum].birth, minima[minimum].death, share]),
    },
  };
}

/** The basin that a minimum belongs to. */
export function basinThat(
  { minima }: SampledTopology,
  basins: { has(minimum: number): boolean },
  minimum: number,
): number | undefined {
  let at: number | null = minimum;
  while (at !== null && !basins.has(at)) at = minima[at].elder;
  return at ?? undefined;
}

/** Leaves so that no line crosses a stem: behind each basin those that merge into it, the first to merge next to it. */
function leafOrder(sampled: SampledTopology, shown: readonly number[]): number[] {
  const known = new Set(shown);
  const younger = new Map<number | undefined, number[]>();
  for (const minimum of shown) {
    const { elder } = sampled.minima[minimum];
    const into = elder === null ? undefined : basinThat(sampled, known, elder);
    younger.set(into, [...(younger.get(into) ?? []), minimum]);
  }
  const death = (minimum: number) => sampled.minima[minimum].death ?? Number.POSITIVE_INFINITY;
  const below = (minimum: number): number[] => [
    minimum,
    ...(younger.get(minimum) ?? []).toSorted((a, b) => death(a) - death(b)).flatMap(below),
  ];
  return (younger.get(undefined) ?? []).flatMap(below);
}
