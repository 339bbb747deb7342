import type { Value } from "../../graph/value.ts";
import { movedBy, numbersAlong, type Places } from "./places.ts";
import { sameShape } from "../../graph/broadcast.ts";

/** Units that weights make, and where they lie in a value behind: as what made them, or moved, or changed one by one. */
export interface MadeUnits {
  /** The node that made them. */
  readonly maker: Value;
  /** Which of its inputs the weights are. */
  readonly input: number;
  readonly places: Places;
  /** Whether others of as many elements have been put to them, so that a unit is no longer of these weights alone. */
  readonly isShared: boolean;
}

/**
 * Follows units from the weights that make them for as long as each element is one of them, and shows them at every node.
 * What nobody needs any more is dropped on the way.
 *
 * @param makers which input of a node is weights
 * @param visit gets a node with the units of its inputs, and those that it gives
 */
export function followUnits(
  order: readonly Value[],
  ofData: ReadonlySet<Value>,
  makers: ReadonlyMap<Value, number>,
  visit: (node: Value, given: readonly (MadeUnits | undefined)[], made: MadeUnits | undefined) => void,
): void {
  const uses = new Map<Value, number>();
  for (const input of order.flatMap(({ inputs }) => inputs)) uses.set(input, (uses.get(input) ?? 0) + 1);
  const known = new Map<Value, MadeUnits>();
  for (const node of order) {
    const given = node.inputs.map((input) => known.get(input));
    const made = ofData.has(node) ? (begunAt(node, makers) ?? behind(node, given, ofData)) : undefined;
    visit(node, given, made);
    if (made) known.set(node, made);
    for (const input of node.inputs) {
      const left = (uses.get(input) ?? 0) - 1;
      uses.set(input, left);
      if (left === 0) known.delete(input);
    }
  }
}

function begunAt(node: Value, makers: ReadonlyMap<Value, number>): MadeUnits | undefined {
  const input = makers.get(node);
  const axes = input === undefined ? undefined : node.operation.madeAxes?.(node, input);
  if (input === undefined || axes === undefined) return undefined;
  const data = numbersAlong(node.shape, axes).map((unit) => unit + 1);
  return { maker: node, input, places: { dtype: "int64", shape: node.shape, data }, isShared: false };
}

function behind(
  node: Value,
  given: readonly (MadeUnits | undefined)[],
  ofData: ReadonlySet<Value>,
): MadeUnits | undefined {
  const { operation, inputs, shape } = node;
  const first = given.find((each, i) => each && (operation.moves === true || sameShape(inputs[i].shape, node.shape)));
  if (first === undefined) return undefined;
  const isOwn = (i: number) => given[i]?.maker === first.maker;
  const places = movedBy(
    node,
    new Map(given.flatMap((each, i) => (each && isOwn(i) ? [[inputs[i], each.places] as const] : []))),
  );
  if (places === undefined) return undefined;
  const joins = inputs.some(
    (input, i) => ofData.has(input) && !isOwn(i) && operation.moves !== true && input.shape.join() === shape.join(),
  );
  return { ...first, places, isShared: joins || given.some((each, i) => isOwn(i) && each?.isShared === true) };
}
