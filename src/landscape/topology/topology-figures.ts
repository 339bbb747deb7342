import type { FigureFamily, FigureKind } from "../../figures/figure.ts";
import { barcodeFigure } from "./barcode-figure.ts";
import { basinMap } from "./basin-map.ts";
import { basinProfile } from "./basin-profile.ts";
import { mergeTreeFigure } from "./merge-tree-figure.ts";
import type { SampledTopology, TopologyResult } from "./topology-result.ts";

/** How one sampled loss is drawn. */
type Drawn = (sampled: SampledTopology) => ReturnType<FigureKind<TopologyResult>["of"]>;

const KINDS: readonly (readonly [name: string, drawn: Drawn])[] = [
  ["basins", (sampled) => basinMap(sampled) ?? basinProfile(sampled)],
  ["merge-tree", mergeTreeFigure],
  ["barcode", barcodeFigure],
];

/** The basins where they lie, how they merge, and the bars, of every sampled loss. */
export const topologyFigures: FigureFamily<TopologyResult> = ({ functions }) =>
  functions.flatMap((sampled, i) =>
    KINDS.map(([name, drawn]) => ({
      name: i === 0 ? name : `${name}-${i + 1}`,
      of: () => drawn(sampled),
    })),
  );
