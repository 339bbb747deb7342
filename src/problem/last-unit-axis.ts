import type { ExamplesLayout } from "../graph/examples-layout.ts";
import { dependents, inputsOf, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";

/**
 * The axis of the outputs along which the units of the last **learned** weights lie: the classes, where outputs have
 * them. It is followed through all that keeps its indices apart: changes of shape and order, what works element by
 * element (a bias), and products with fixed matrices along other axes (a linear resize). A fixed matrix makes no units.
 * Undefined where the graph does not tell.
 *
 * @param learned the values of the network that were trained
 */
export function lastUnitAxis(outputs: Value, learned: ReadonlySet<Value>): number | undefined {
  const order = reachable([outputs]);
  const fed = [...inputsOf([outputs]).values()].filter((input) => !learned.has(input));
  const ofData = dependents(order, fed);
  const weights = order.filter((value) => learned.has(value));
  const ofWeights = dependents(order, weights);
  /** From the node behind the last weights to the outputs, each with what it reads. */
  const path: { readonly node: Value; readonly from: Value }[] = [];
  for (let node = outputs; ;) {
    const axis = unitsMadeBy(node, ofData, ofWeights);
    if (axis !== undefined) {
      let at: ExamplesLayout | undefined = { axis, outer: 1 };
      for (const step of path) at = at && behind(step.node, step.from, at, node.shape[axis]);
      return at?.outer === 1 && outputs.shape[at.axis] === node.shape[axis] ? at.axis : undefined;
    }
    const { shape, inputs } = node;
    const read = inputs.filter((input) => ofData.has(input));
    const from = read.find((input) => input.shape.join() === shape.join()) ?? read[0];
    if (!from) return undefined;
    path.unshift({ node, from });
    node = from;
  }
}

/** The axis of the units that a node makes: of learned weights beside data. */
function unitsMadeBy(
  { operation: { unitAxes }, inputs, shape }: Value,
  ofData: ReadonlySet<Value>,
  ofWeights: ReadonlySet<Value>,
): number | undefined {
  if (!unitAxes || !inputs.some((input) => ofData.has(input))) return undefined;
  const at = inputs.findIndex((input, i) => unitAxes[i] !== undefined && ofWeights.has(input) && !ofData.has(input));
  const axis = unitAxes[at];
  return axis !== undefined && axis < 0 ? axis + shape.length : axis;
}

/** Where an axis of an input lies in what a node gives; undefined where its indices are mixed. */
function behind(node: Value, from: Value, at: ExamplesLayout, extent: number): ExamplesLayout | undefined {
  const { operation, inputs, shape } = node;
  if (operation.elementwise || operation.broadcasts) return { ...at, axis: at.axis + shape.length - from.shape.length };
  const given = inputs.map((input) => (input === from ? at : undefined));
  return operation.examplesLayout?.(node, given, extent);
}
