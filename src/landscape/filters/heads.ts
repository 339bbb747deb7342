import type { Value } from "../../graph/value.ts";
import type { MadeUnits } from "./made-units.ts";
import { numbersAlong } from "./places.ts";

/** A name of a head that no other has. */
export type HeadName = string;

/**
 * The heads that units stand in where they enter a product of two things that were computed: queries with keys, weights of
 * attention with values. Units in one matrix of the stack are one head (Vaswani et al. 2017): such a product leaves nothing
 * of its own to any of them, as an invertible map of all units of a head may be taken back on the other side.
 *
 * @returns for every unit the head that it is in
 */
export function headsAt(node: Value, input: number, { places }: MadeUnits): ReadonlyMap<number, HeadName> {
  const axes = node.operation.weightAxes?.(node, input) ?? [];
  const stack = numbersAlong(node.inputs[input].shape, axes.slice(0, -1));
  const heads = new Map<number, HeadName>();
  // Examples are stacked, too, and heads of keys may serve several of queries: the first matrix counts.
  places.data.forEach((place, i) => {
    if (place !== 0 && !heads.has(place - 1)) heads.set(place - 1, `${node.id}/${input}/${stack[i]}`);
  });
  return heads;
}

/** Whether a node multiplies two things that were computed from data. */
export function multipliesComputed(node: Value, ofData: ReadonlySet<Value>): boolean {
  const { operation, inputs } = node;
  return inputs.every((each, i) => ofData.has(each) && operation.weightAxes?.(node, i) !== undefined);
}
