import { sameShape } from "../graph/broadcast.ts";
import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import { countUses, rebuild } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";
import { Add, neg, Sub } from "./arithmetic.ts";
import { withAddend, withBias, withRelu } from "./blocked-conv.ts";
import { withBiasSideBySide } from "./conv-side-by-side.ts";
import { withPlainBias } from "./plain-conv.ts";
import { reshape } from "./structure.ts";
import { Relu } from "./unary.ts";

/**
 * Gives a convolution the bias, the addend and the Relu that follow it, where nothing else needs what
 * lies between: its kernel does them on the way out.
 */
export function fuseConv(outputs: readonly Value[]): Value[] {
  const uses = countUses(outputs);
  const rebuilt = rebuild(outputs, emptyGraphFor(outputs), (value, inputs) => {
    const isLone = (side: number) => {
      const input = value.inputs[side];
      const seen = input.operation.view ? input.inputs[0] : input;
      return uses.get(input) === 1 && uses.get(seen) === 1;
    };
    if (value.operation.name === Relu.name) return isLone(0) ? withRelu(inputs[0]) : undefined;
    const isDifference = value.operation.name === Sub.name;
    if (value.operation.name !== Add.name && !isDifference) return undefined;
    for (const side of isDifference ? [0] : [0, 1]) {
      const [convolution, other] = [inputs[side], inputs[1 - side]];
      if (!isLone(side) || !sameShape(convolution.shape, value.shape)) continue;
      const fused =
        fuseBias(convolution, other, isDifference) ?? (isDifference ? undefined : withAddend(convolution, other));
      if (fused) return fused;
    }
    return undefined;
  });
  return inspected("fuse Conv", rebuilt);
}

/** One element per channel of plain images [N, C, …] or of blocked ones [N, C/B, H, W, B] or [N/B, C, H, W, B], as the convolution's bias. */
function fuseBias(convolution: Value, perChannel: Value, isDifference: boolean): Value | undefined {
  const { shape } = convolution;
  const spread = (channelAxes: readonly number[]) =>
    shape.map((extent, axis) => (channelAxes.includes(axis) ? extent : 1));
  const flat = reshape(perChannel, [sizeOf(perChannel.shape)]);
  const bias = isDifference ? neg(flat) : flat;
  const blocked = sameShape(perChannel.shape, spread([1, 4])) ? withBias(convolution, bias) : undefined;
  if (blocked !== undefined || !sameShape(perChannel.shape, spread([1]))) return blocked;
  return withPlainBias(convolution, bias) ?? withBiasSideBySide(convolution, bias);
}
