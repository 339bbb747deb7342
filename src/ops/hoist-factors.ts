import { Graph } from "../graph/graph.ts";
import { dependents, reachable, rebuild } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { sameShape } from "../graph/broadcast.ts";
import { sizeOf } from "../util/tensor.ts";
import { Add, Mul, mul, Neg } from "./arithmetic.ts";

/**
 * Multiplies what does not depend on `varying` first: a·(b·(v·c)) becomes (a·b·c)·v, so that at a fixed
 * point a product of factors costs one pass per varying factor. Signs and numbers go to the fixed side.
 * Returns the outputs in a new graph, and the varying inputs there.
 */
export function hoistFactors(outputs: readonly Value[], varying: readonly Value[]): { outputs: Value[]; varying: Value[] } {
  const order = reachable(outputs);
  const dependent = dependents(order, varying);
  const uses = new Map<Value, number>();
  for (const value of order) for (const input of value.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);

  const isProduct = (value: Value) =>
    dependent.has(value) && (value.operation.name === Mul.name || value.operation.name === Neg.name || isDoubling(value));

  /** The factors of a product; inner products of the same shape that nothing else needs are taken apart. */
  const factors = (value: Value, isRoot: boolean, into: Value[]): number => {
    const inner = isRoot || (isProduct(value) && (uses.get(value) ?? 0) <= usesOf(value));
    if (!inner || !isProduct(value)) {
      into.push(value);
      return 1;
    }
    if (value.operation.name === Neg.name) return -factors(value.inputs[0], false, into);
    if (isDoubling(value)) return 2 * factors(value.inputs[0], false, into);
    return factors(value.inputs[0], false, into) * factors(value.inputs[1], false, into);
  };
  /** A doubling x + x uses its input twice, and still is its only user. */
  const doublings = new Set(order.filter(isDoubling).map((value) => value.inputs[0]));
  const usesOf = (value: Value) => (doublings.has(value) ? 2 : 1);

  const graph = new Graph();
  const moved = new Map<Value, Value>();
  const rebuilt = rebuild([...outputs, ...varying], graph, (value, inputs) => {
    let result: Value | undefined;
    if (isProduct(value)) {
      const parts: Value[] = [];
      const number = factors(value, true, parts);
      const fixed = parts.filter((part) => !dependent.has(part));
      const moving = parts.filter((part) => dependent.has(part));
      if ((fixed.length > 0 || number !== 1) && parts.length + (number === 1 ? 0 : 1) > 2) {
        const look = (part: Value) => moved.get(part) ?? part;
        const product = (list: readonly Value[]) => list.map(look).reduce((a, b) => mul(a, b));
        const movingPart = product(moving);
        const fixedPart = fixed.length > 0 ? mul(product(fixed), number) : undefined;
        // A fixed factor larger than the product it belongs to would cost more than it saves.
        if (!fixedPart || sizeOf(fixedPart.shape) <= sizeOf(value.shape)) {
          const whole = fixedPart ? mul(movingPart, fixedPart) : mul(movingPart, number);
          if (sameShape(whole.shape, value.shape)) result = whole;
        }
      }
    }
    result ??= graph.apply(value.operation, inputs);
    moved.set(value, result);
    return result;
  });
  return { outputs: rebuilt.slice(0, outputs.length), varying: rebuilt.slice(outputs.length) };
}

/** x + x, which the derivative of a square leaves behind. */
function isDoubling(value: Value): boolean {
  return value.operation.name === Add.name && value.inputs[0] === value.inputs[1];
}
