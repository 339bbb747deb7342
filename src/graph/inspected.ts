import { Graph } from "./graph.ts";
import type { GraphOptions, Value } from "./value.ts";

/** The outputs of a pass, shown to whoever inspects the graph that they are in. */
export function inspected<T extends readonly Value[]>(pass: string, outputs: T): T {
  outputs[0]?.graph.options.inspect?.(pass, outputs);
  return outputs;
}

/** An empty graph to rewrite these values in, with the options of the graph that they are in. */
export function emptyGraphFor(outputs: readonly Value[], options: GraphOptions = {}): Graph {
  return new Graph({ ...outputs[0]?.graph.options, ...options });
}
