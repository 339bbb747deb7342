import type { FigureKind } from "../../figures/figure.ts";
import { foremost } from "../../figures/named-rows.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { formatCounted } from "../../util/format-size.ts";
import { lossAxis } from "./loss-axis.ts";
import type { SampledTopology, TopologyResult } from "./topology-result.ts";

/** Bars that are told apart in a drawing. */
const MOST_BARS = 40;

const KINDS = ["component", "hole"] as const;

/** A bar for every minimum and every ringed hill, from the loss at which it appears to that at which it is gone. */
export function barcodeFigure(sampled: SampledTopology): ReturnType<FigureKind<TopologyResult>["of"]> {
  const { name, lowest, highest, minima, loops } = sampled;
  if (lowest === null || highest === null || minima.length === 0) return undefined;
  const bars = [
    ...minima.map(({ birth, death, resolved }) => ({ kind: KINDS[0], birth, death, resolved })),
    ...(loops ?? []).map(({ birth, death, resolved }) => ({ kind: KINDS[1], birth, death, resolved })),
  ];
  const { shown, others } = foremost(
    bars,
    ({ birth, death }) => (death === null ? Number.POSITIVE_INFINITY : death - birth),
    MOST_BARS,
  );
  const rows = finite(
    shown
      .toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.birth - b.birth)
      .map(({ kind, birth, death, resolved }, i) => ({
        row: i + 1,
        kind,
        birth,
        end: death ?? highest,
        isEndless: death === null,
        isClear: resolved,
        tip: `${kind} from ${said(birth)} ${death === null ? "on, for ever" : `to ${said(death)}`}`,
      })),
  );
  const { title, ...along } = lossAxis(lowest, highest);
  const y = { field: "row", type: "ordinal", axis: null } as const;
  const domain = [...KINDS];
  const kind = {
    field: "kind",
    scale: { domain, range: [COLOUR.primary, COLOUR.secondary] },
    legend: { symbolType: "stroke", symbolStrokeWidth: 3 },
  };
  const x = { field: "birth", type: "quantitative", title, ...along } as const;
  const dash = {
    field: "kind",
    scale: {
      domain,
      range: [
        [1, 0],
        [6, 3],
      ],
    },
  };
  return {
    title: `Bars of the ${name}`,
    description:
      `Each bar is a component of the set where the loss is below a level, or a hole in it: it begins at the level at which it appears and ends where it merges with an older one or is filled. Long bars are basins and hills, short ones ripples. A triangle marks a bar that never ends. Thin bars are no longer than what rounding could make.` +
      (others.length > 0 ? ` ${formatCounted(others.length, "shorter bar")} are in the table only.` : ""),
    spec: frame({
      height: { step: Math.max(6, Math.min(16, 320 / rows.length)) },
      data: { values: rows },
      layer: [
        {
          mark: { type: "rule" },
          encoding: {
            x,
            x2: { field: "end" },
            y,
            color: kind,
            strokeDash: dash,
            strokeWidth: { condition: { test: "datum.isClear", value: 3.2 }, value: 1 },
            ...TIP,
          },
        },
        {
          transform: [{ filter: "datum.isEndless" }],
          mark: { type: "point", shape: "triangle-right", filled: true, size: 70, opacity: 1 },
          encoding: { x: { ...x, field: "end" }, y, color: kind },
        },
      ],
    }),
    table: {
      columns: ["", "from", "to", "length"],
      rows: bars.map(({ kind: each, birth, death }) => [each, birth, death, death === null ? null : death - birth]),
    },
  };
}
