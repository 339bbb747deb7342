import type { Value } from "./value.ts";

/**
 * Values that are in topological order, again in topological order, but breadth first: those without inputs first, then each as
 * soon as the last of its inputs is there, and of several the one whose last input came first.
 *
 * ONNX Runtime orders the nodes of a graph some ten times while it opens it, with a sorted list of those that are ready and whose
 * turn has not come, and walks that list at every step (`VisitorPriorityQueue`). In this order few wait: a Hessian product of
 * 39 000 nodes opens in 2.6 s rather than 6.8.
 *
 * Cost: one pass over the values.
 */
export function breadthFirst(values: readonly Value[]): Value[] {
  const users = new Map<Value, Value[]>(values.map((value) => [value, []]));
  const missing = new Map<Value, number>();
  for (const value of values) {
    const inputs = new Set(value.inputs);
    missing.set(value, inputs.size);
    for (const input of inputs) users.get(input)?.push(value);
  }
  const order = values.filter((value) => missing.get(value) === 0);
  // The list grows while it is walked.
  for (const value of order) {
    for (const user of users.get(value) ?? []) {
      const left = (missing.get(user) ?? 0) - 1;
      missing.set(user, left);
      if (left === 0) order.push(user);
    }
  }
  return order;
}
