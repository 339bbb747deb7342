import { inputNameOf, tensorOf } from "../graph/leaf.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { sub } from "../ops/arithmetic.ts";
import { sumAll } from "../ops/structure.ts";
import { isFloat, type Tensor } from "../util/tensor.ts";
import type { Network } from "./network.ts";

/**
 * For each intermediate value of a network, in order, a scalar that is 0 when all its elements are
 * finite and NaN when one is not: Σ (x − x).
 */
export function finitenessProbes({ graph }: Network): Map<string, Value> {
  const watched = reachable([graph.total]).filter(
    (value) => isFloat(value.dtype) && tensorOf(value) === undefined && inputNameOf(value) === undefined,
  );
  return new Map(watched.map((value) => [`finite:${value.id}`, sumAll(sub(value, value))]));
}

/** The first value whose probe is not 0, and what the model calls the node that computes it. */
export function firstNonFinite(
  { graph, imported }: Network,
  probes: ReadonlyMap<string, Tensor>,
): { readonly op: string; readonly node: string | undefined } | undefined {
  const value = reachable([graph.total]).find((each) => {
    const probe = probes.get(`finite:${each.id}`);
    return probe !== undefined && probe.data[0] !== 0;
  });
  if (!value) return undefined;
  // A node may be several values; the first summary at or behind the value names it.
  const summary = imported.nodes.find((node) => node.value.id >= value.id);
  return { op: value.operation.name, node: summary?.name };
}
