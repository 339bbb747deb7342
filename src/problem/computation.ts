import type { Value } from "../graph/value.ts";
import type { LossGraph } from "./loss-graph.ts";
import type { Network } from "./network.ts";

/** A batch to write a computation on: the network's loss, and the model around it. */
export interface Site extends LossGraph {
  readonly network: Network;
  /** The network and its loss on one example. */
  single(): Network;
}

/**
 * Something to be computed on batches: values, given the loss graph and one tangent per parameter tensor (none where it
 * takes no vectors). A program is compiled once per computation, which is told by identity: make it once, outside of
 * what runs it.
 */
export interface Computation {
  /** For messages. */
  readonly name: string;
  build(site: Site, tangents: readonly Value[]): readonly Value[];
}
