import type { Family } from "../term.ts";
import { basin } from "./basin.ts";
import { bottleneckDistance } from "./bottleneck-distance.ts";
import { mergeTree } from "./merge-tree.ts";
import { persistence } from "./persistence.ts";
import { sublevelSet } from "./sublevel-set.ts";

export const basinsTerms: Family = {
  title: "Basins",
  terms: [sublevelSet, persistence, basin, mergeTree, bottleneckDistance],
};
