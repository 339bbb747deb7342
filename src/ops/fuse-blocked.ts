import { sameShape } from "../graph/broadcast.ts";
import { Graph } from "../graph/graph.ts";
import { reachable, rebuild } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { Add, neg, Sub } from "./arithmetic.ts";
import { BlockedConv, withAddend, withBias, withRelu } from "./blocked-conv.ts";
import { reshape } from "./structure.ts";
import { Relu } from "./unary.ts";

/**
 * Gives a blocked convolution the bias, the addend and the Relu that follow it, where nothing else needs
 * what lies between: its kernel does them on the way out.
 */
export function fuseBlocked(outputs: readonly Value[]): Value[] {
  const order = reachable(outputs);
  if (!order.some((value) => value.operation.name === BlockedConv.name)) return [...outputs];
  const uses = new Map<Value, number>();
  for (const value of [...order.flatMap((each) => each.inputs), ...outputs]) uses.set(value, (uses.get(value) ?? 0) + 1);
  return rebuild(outputs, new Graph(), (value, inputs) => {
    const isLone = (side: number) => uses.get(value.inputs[side]) === 1 && inputs[side].operation.name === BlockedConv.name;
    if (value.operation.name === Relu.name) return isLone(0) ? withRelu(inputs[0]) : undefined;
    const isDifference = value.operation.name === Sub.name;
    if (value.operation.name !== Add.name && !isDifference) return undefined;
    for (const side of isDifference ? [0] : [0, 1]) {
      const [convolution, other] = [inputs[side], inputs[1 - side]];
      if (!isLone(side) || !sameShape(convolution.shape, value.shape)) continue;
      const isAddend = !isDifference && sameShape(other.shape, value.shape);
      const bias = isPerChannel(other, convolution) ? reshape(other, [convolution.shape[1] * convolution.shape[4]]) : undefined;
      const fused = isAddend ? withAddend(convolution, other) : bias && withBias(convolution, isDifference ? neg(bias) : bias);
      if (fused) return fused;
    }
    return undefined;
  });
}

function isPerChannel(value: Value, images: Value): boolean {
  return sameShape(value.shape, [1, images.shape[1], 1, 1, images.shape[4]]);
}
