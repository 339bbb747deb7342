import type { Value } from "../../graph/value.ts";
import { stack } from "../../ops/movement.ts";
import { tensorOf } from "../../graph/leaf.ts";
import { GRAPH, INT, INTS, since, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import { isSequence, type Item } from "../item.ts";
import { type OnnxRule } from "../rule.ts";
import { MAX_ITERATIONS, scan } from "./scan.ts";

function branch(node: NodeContext): Item[] {
  const condition = node.number(0, "condition");
  const name = condition === 0 ? "else_branch" : "then_branch";
  const graph = node.subgraph(name) ?? node.fail("bad-attribute", `has no ${name}`);
  return node.host.subgraph(graph, []);
}

/** A Loop with a known number of iterations, unrolled. */
function loop(node: NodeContext): Item[] {
  const body = node.subgraph("body") ?? node.fail("bad-attribute", "has no body");
  const trips = node.has(0) ? node.number(0, "number of iterations") : Infinity;
  let go = node.has(1) ? node.number(1, "condition") !== 0 : true;
  let state = node.items.slice(2).map((_, i) => node.item(i + 2));
  const scans: Value[][] = [];
  for (let trip = 0; trip < trips && go; trip++) {
    if (trip >= MAX_ITERATIONS) node.unsupported(`runs for more than ${MAX_ITERATIONS} iterations`);
    const [condition, ...results] = node.host.subgraph(body, [
      node.graph.scalar(trip, "int64"),
      node.graph.scalar(1, "bool"),
      ...state,
    ]);
    const known = condition && !isSequence(condition) && tensorOf(condition);
    if (!known) node.unsupported("decides from the data when to stop");
    go = known.data[0] !== 0;
    state = results.slice(0, state.length);
    for (const [i, item] of results.slice(state.length).entries()) {
      if (isSequence(item)) node.fail("bad-subgraph", "collects sequences");
      (scans[i] ??= []).push(item);
    }
  }
  const scanned = body.outputs.length - 1 - state.length;
  if (scanned > scans.length) node.unsupported("collects the results of no iteration");
  return [...state, ...scans.map((values) => stack(values, 0))];
}

export const CONTROL_FLOW: readonly OnnxRule[] = [
  {
    op: "If",
    attributes: { then_branch: GRAPH, else_branch: GRAPH },
    inputs: 1,
    slots: ["structural"],
    import: branch,
  },
  {
    op: "Loop",
    attributes: { body: GRAPH },
    inputs: Infinity,
    slots: ["structural", "structural", "arithmetic"],
    import: loop,
  },
  {
    op: "Scan",
    attributes: {
      body: GRAPH,
      directions: until(8, INTS),
      num_scan_inputs: INT,
      scan_input_axes: since(9, INTS),
      scan_input_directions: since(9, INTS),
      scan_output_axes: since(9, INTS),
      scan_output_directions: since(9, INTS),
    },
    inputs: Infinity,
    // In opset 8 the first one is lengths, which are integers and no parameter.
    slots: ["arithmetic"],
    import: scan,
  },
];
