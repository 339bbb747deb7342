import { formatShare } from "../../util/format-number.ts";
import type { ChangeKind } from "./change.ts";

/** Magnitude pruning: the smallest weights of the tensor become 0, so many of them as the share says; of equally small ones the first. */
export const pruneSmallest: ChangeKind = {
  name: "prune",
  of: (share) => ({
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
};
