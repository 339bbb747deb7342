import { normalizeAxis } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { sliceAxis, stack } from "../../ops/movement.ts";
import { reshape } from "../../ops/structure.ts";
import { isSequence, type Item } from "../item.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxGraph } from "../onnx-node.ts";

/** Passes of a loop that are written out one after the other. */
export const MAX_ITERATIONS = 1024;

/** Which axes of what is read and of what is collected count the passes, and which of those run backwards. */
interface ScanPlan {
  readonly reads: readonly ScanAxis[];
  readonly collects: readonly ScanAxis[];
}

interface ScanAxis {
  readonly axis: number;
  readonly backwards: boolean;
}

/** Element number `i` along an axis, without the axis. */
function elementAt(x: Value, axis: number, i: number): Value {
  return reshape(sliceAxis(x, axis, i, i + 1), [...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)]);
}

function tensorsOf(node: NodeContext, items: readonly Item[]): Value[] {
  return items.map((item) => (isSequence(item) ? node.fail("bad-subgraph", "hands on a sequence") : item));
}

/** The body on element after element of what is read: the last state, and what it gave besides in each pass. */
function run(
  node: NodeContext,
  body: OnnxGraph,
  start: readonly Value[],
  scanned: readonly Value[],
  { reads, collects }: ScanPlan,
): Value[] {
  const axes = scanned.map((x, i) => normalizeAxis("Scan", reads[i].axis, x.shape.length));
  const extents = scanned.map((x, i) => x.shape[axes[i]]);
  const [passes] = extents;
  if (extents.some((extent) => extent !== passes))
    node.fail("shape-mismatch", `runs over axes of different extents: ${extents.join(", ")}`);
  if (passes > MAX_ITERATIONS)
    node.unsupported(`runs for more than ${MAX_ITERATIONS} iterations`, "Use shorter sequences.");
  if (passes < 1) node.unsupported("collects the results of no iteration");
  let state = start;
  const collected: Value[][] = collects.map(() => []);
  for (let pass = 0; pass < passes; pass++) {
    const elements = scanned.map((x, i) => elementAt(x, axes[i], reads[i].backwards ? passes - 1 - pass : pass));
    const results = tensorsOf(node, node.host.subgraph(body, [...state, ...elements]));
    state = results.slice(0, start.length);
    for (const [i, value] of results.slice(start.length).entries()) collected[i].push(value);
  }
  const stacks = collected.map((values, i) => {
    const axis = normalizeAxis("Scan", collects[i].axis, values[0].shape.length + 1);
    return stack(collects[i].backwards ? values.toReversed() : values, axis);
  });
  return [...state, ...stacks];
}

function planOf(node: NodeContext, kind: "input" | "output", count: number): ScanAxis[] {
  const axes = node.opset >= 9 ? node.ints(`scan_${kind}_axes`) : undefined;
  const directions =
    node.opset >= 9 ? node.ints(`scan_${kind}_directions`) : kind === "input" ? node.ints("directions") : undefined;
  if ((axes && axes.length !== count) || (directions && directions.length !== count))
    node.fail("bad-attribute", `has ${count} scanned ${kind}s, and axes or directions of another number`);
  return Array.from({ length: count }, (_, i) => ({ axis: axes?.[i] ?? 0, backwards: directions?.[i] === 1 }));
}

/**
 * Scan: a graph that is run on element after element of some tensors, with a state that goes on from pass to pass, unrolled. Its
 * derivatives are those of what it is unrolled to. In opset 8 each example has a run of its own, along the first axis of all inputs.
 * Costs as many nodes as the body has, times the passes; more than {@link MAX_ITERATIONS} of them are refused.
 */
export function scan(node: NodeContext): Value[] {
  const body = node.subgraph("body") ?? node.fail("bad-attribute", "has no body");
  const isBatched = node.opset < 9;
  const all = (isBatched ? node.items.slice(1) : node.items).map((_, i) => node.input(isBatched ? i + 1 : i));
  const count = node.int("num_scan_inputs", 0);
  if (count < 1 || count > all.length || body.inputs.length !== all.length)
    node.fail("bad-attribute", `runs over ${count} of its ${all.length} inputs`);
  const start = all.slice(0, all.length - count);
  const scanned = all.slice(all.length - count);
  const plan = {
    reads: planOf(node, "input", count),
    collects: planOf(node, "output", Math.max(0, body.outputs.length - start.length)),
  };
  if (!isBatched) return run(node, body, start, scanned, plan);
  const lengths = node.inputs[0];
  const known = lengths && tensorOf(lengths)?.data;
  if (lengths && !known?.every((length) => length === scanned[0].shape[1]))
    node.unsupported("runs over sequences of different lengths", "Write the model in opset 9 or later.");
  const examples = Array.from({ length: scanned[0].shape[0] }, (_, n) =>
    run(
      node,
      body,
      start.map((x) => elementAt(x, 0, n)),
      scanned.map((x) => elementAt(x, 0, n)),
      plan,
    ),
  );
  return examples[0].map((_, i) =>
    stack(
      examples.map((results) => results[i]),
      0,
    ),
  );
}
