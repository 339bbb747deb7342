import { allocate, tensor } from "../util/tensor.ts";
import type { NetBuilder } from "./net-builder.ts";

/** What attention is told. */
export interface AttentionSizes {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  /** Whether a token sees those before it alone. */
  readonly isCausal: boolean;
}

/** Self-attention over [batch, tokens, width] (Vaswani 2017): queries, keys and values of one layer, `c_attn` (Radford 2019). */
export function attention(net: NetBuilder, name: string, x: string, sizes: AttentionSizes): string {
  const { tokens, width, heads, isCausal } = sizes;
  const each = width / heads;
  const all = net.linearAlong(`${name}.c_attn`, x, [width, 3 * width]);
  const part = (index: number) => {
    const cut = net.node("Slice", [
      all,
      net.integers([index * width]),
      net.integers([(index + 1) * width]),
      net.integers([2]),
    ]);
    const split = net.node("Reshape", [cut, net.integers([0, tokens, heads, each])]);
    return net.node("Transpose", [split], { perm: [0, 2, 1, 3] });
  };
  const keys = net.node("Transpose", [part(1)], { perm: [0, 1, 3, 2] });
  const scores = net.node("Mul", [net.node("MatMul", [part(0), keys]), net.scalar(1 / Math.sqrt(each))]);
  const seen = isCausal ? net.node("Where", [past(net, tokens), scores, net.scalar(Number.NEGATIVE_INFINITY)]) : scores;
  const mixed = net.node("MatMul", [net.node("Softmax", [seen], { axis: -1 }), part(2)]);
  const joined = net.node("Reshape", [
    net.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
    net.integers([0, tokens, width]),
  ]);
  return net.linearAlong(`${name}.c_proj`, joined, [width, width]);
}

/** Whether token j is none behind token i. */
function past(net: NetBuilder, tokens: number): string {
  net.reserve([tokens, tokens]);
  const mask = allocate("bool", tokens * tokens);
  for (let i = 0; i < tokens; i++) for (let j = 0; j <= i; j++) mask[i * tokens + j] = 1;
  return net.constant(tensor("bool", [1, 1, tokens, tokens], mask));
}
