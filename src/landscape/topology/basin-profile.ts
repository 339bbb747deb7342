import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { MINIMUM, MOST_MARKED, NUMBER, PASS } from "./basin-marks.ts";
import { lossAxis } from "./loss-axis.ts";
import type { SampledTopology, TopologyResult } from "./topology-result.ts";

/** The loss along a line with its minima and the passes between them. */
export function basinProfile(sampled: SampledTopology): ReturnType<FigureKind<TopologyResult>["of"]> {
  const { name, axes, drawn, minima, basins, lowest, highest } = sampled;
  if (axes.length !== 1 || drawn === null || lowest === null || highest === null) return undefined;
  const positions = axes[0].values.filter((_, i) => i % drawn.stride[0] === 0);
  const curve = drawn.values.flatMap((loss, i) => (loss === null ? [] : [{ x: positions[i], loss }]));
  const marked = basins.slice(0, MOST_MARKED).map(({ minimum, share }, i) => ({
    label: String(i + 1),
    x: minima[minimum].at[0],
    loss: minima[minimum].birth,
    tip: `basin ${i + 1}: minimum ${said(minima[minimum].birth)} at ${said(minima[minimum].at[0])}, ${said(100 * share)} % of the samples`,
  }));
  const passes = basins.slice(0, MOST_MARKED).flatMap(({ minimum }, i) => {
    const { saddle, death } = minima[minimum];
    return saddle === null || death === null
      ? []
      : [{ x: saddle[0], loss: death, tip: `basin ${i + 1} meets a lower one at ${said(death)}` }];
  });
  const x = { field: "x", type: "quantitative", title: axes[0].name, scale: { zero: false, nice: false } } as const;
  const y = { field: "loss", type: "quantitative", ...lossAxis(lowest, highest) } as const;
  return {
    title: `Basins of the ${name}`,
    description:
      "The loss at the samples of the line. Numbers stand at the minima of the basins, the lowest is 1; a cross marks the pass at which a basin meets a lower one.",
    spec: frame({
      height: 240,
      data: { values: finite(curve) },
      layer: [
        { mark: { type: "line", strokeWidth: 1.6, color: COLOUR.primary }, encoding: { x, y } },
        {
          data: { values: finite(passes) },
          mark: PASS,
          encoding: { x, y, ...TIP },
        },
        {
          data: { values: finite(marked) },
          mark: MINIMUM,
          encoding: { x, y, ...TIP },
        },
        {
          data: { values: finite(marked) },
          mark: NUMBER,
          encoding: { x, y, text: { field: "label", type: "nominal" } },
        },
      ],
    }),
    table: {
      columns: ["basin", axes[0].name, "loss", "meets a lower one at", "share of the samples"],
      rows: basins.map(({ minimum, share }, i) => {
        const { at, birth, death } = minima[minimum];
        return [i + 1, at[0], birth, death, share];
      }),
    },
  };
}
