import { ACTIVATIONS } from "./activations.ts";
import { attention, type AttentionSizes } from "./attention.ts";
import type { NetBuilder } from "./net-builder.ts";
import { chosen } from "../util/chosen.ts";

/** Attention and a perceptron of four times the width, each behind a normalisation and with a way past it (Radford 2019). */
export function transformerBlock(net: NetBuilder, name: string, x: string, sizes: AttentionSizes): string {
  const { width } = sizes;
  const gelu = chosen("activation", "gelu", ACTIVATIONS);
  const normal = (part: string, value: string) => net.layerNormalization(`${name}.${part}`, value, width);
  const attended = net.node("Add", [x, attention(net, `${name}.attn`, normal("ln_1", x), sizes)]);
  const wide = net.linearAlong(`${name}.mlp.c_fc`, normal("ln_2", attended), [width, 4 * width]);
  return net.node("Add", [attended, net.linearAlong(`${name}.mlp.c_proj`, gelu.apply(net, wide), [4 * width, width])]);
}
