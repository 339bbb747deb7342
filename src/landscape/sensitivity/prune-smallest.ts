import { z } from "zod";
import { formatShare } from "../../util/format-number.ts";
import type { Change, ChangeKind } from "./change.ts";

/** Magnitude pruning: the smallest weights of the tensor become 0, so many of them as the share says; of equally small ones the first. */
export const pruneSmallest = {
  name: "prune",
  summary: "set its smallest weights to 0",
  example: "--prune 0.5,0.9",
  flag: z.array(z.number().gt(0).lt(1)).default([]).meta({
    description: "shares of each tensor that become 0, the smallest weights first",
    placeholder: "SHARE",
    group: "Changes",
  }),
  column: z.number().nullable().default(null).describe("Share of the weights set to 0; null where none was."),
  of: (share): Change => ({
    kind: "prune",
    amount: share,
    label: `${formatShare(share)} pruned`,
    size: undefined,
    apply(weights) {
      const pruned = weights.slice();
      const order = [...weights.keys()].sort((a, b) => Math.abs(weights[a]) - Math.abs(weights[b]) || a - b);
      // 0.29 · 100 is 28.999999999999996.
      for (const i of order.slice(0, Math.floor(share * weights.length * (1 + 2 * Number.EPSILON)))) pruned[i] = 0;
      return pruned;
    },
  }),
} as const satisfies ChangeKind;
