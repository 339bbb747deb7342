import { reachable } from "../graph/traverse.ts";
import { keptBy } from "../util/kept-by.ts";
import type { Network } from "./network.ts";

const kept = keptBy<ReadonlySet<number>>();

/**
 * The numbers of the parameters that a frozen node is computed from. Derivatives hold its value as it is, and a loss at
 * other weights does not: along these parameters no difference is a derivative.
 */
export function heldParameters(network: Network): ReadonlySet<number> {
  return kept(network, () => {
    const frozen = [...reachable([network.graph.total])].filter(({ operation }) => operation.holds);
    const behind = new Set(reachable(frozen));
    return new Set([...network.imported.parameters.values()].flatMap((value, i) => (behind.has(value) ? [i] : [])));
  });
}
