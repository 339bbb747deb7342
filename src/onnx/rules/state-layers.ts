import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { conv } from "../../ops/conv.ts";
import { matmul } from "../../ops/matmul.ts";
import { concat, sliceAxis, stack } from "../../ops/movement.ts";
import { expand, reshape, transpose } from "../../ops/structure.ts";
import { exp, sigmoid } from "../../ops/unary.ts";
import { FLOAT, INT, NO_EFFECT, oneOf } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/* Layers of sequence models that carry a state from one call to the next (opset 27). */

function zeros(like: Value, shape: readonly number[]): Value {
  return expand(like.graph.scalar(0, like.dtype), [...shape]);
}

/** A convolution of each channel with its own kernel over this step and those before it, some of them from the last call. */
function causalConvolution(node: NodeContext): Value[] {
  const [x, kernel] = [node.input(0), node.input(1)];
  const [n, channels, steps] = x.shape;
  const size = kernel.shape[2];
  if (x.shape.length !== 3 || kernel.shape.join() !== [channels, 1, size].join())
    node.fail("shape-mismatch", `applies kernels [${kernel.shape.join(", ")}] to the shape [${x.shape.join(", ")}]`);
  const past = node.has(3) ? node.input(3) : zeros(x, [n, channels, size - 1]);
  if (past.shape.join() !== [n, channels, size - 1].join())
    node.fail("shape-mismatch", `has a past of shape [${past.shape.join(", ")}] for kernels of ${size} steps`);
  const all = size > 1 ? concat([past, x], 2) : x;
  const still = { strides: [1], dilations: [1], before: [0], after: [0], group: channels };
  const y = conv(all, kernel, still);
  const sum = node.has(2) ? add(y, reshape(node.input(2), [1, channels, 1])) : y;
  const isPlain = node.string("activation", "none") === "none";
  return [isPlain ? sum : mul(sum, sigmoid(sum)), sliceAxis(all, 2, steps, steps + size - 1)];
}

/** [batch, steps, heads·width] → [batch, heads, steps, width] */
function heads(x: Value, count: number): Value {
  const [n, steps, all] = x.shape;
  return transpose(reshape(x, [n, steps, count, all / count]), [0, 2, 1, 3]);
}

/**
 * Attention by a state S, a matrix for each head, that is written step by step: S ← e^g·S + kᵀv, read as q·S. With the delta rule v
 * is what the state does not say already, β(v − kS) (Katharopoulos 2020, Yang 2024). As many products as steps.
 */
function linearAttention(node: NodeContext): Value[] {
  const [query, key, value] = [node.input(0), node.input(1), node.input(2)];
  const [own, shared] = [node.int("q_num_heads", 0), node.int("kv_num_heads", 0)];
  const [n, steps, all] = query.shape;
  const [width, made] = [all / own, value.shape[2] / shared];
  const fits = [query, key, value].every(({ shape }) => shape.length === 3 && shape[0] === n && shape[1] === steps);
  if (!fits || ![width, made, own / shared].every(Number.isInteger) || key.shape[2] !== shared * width)
    node.fail("shape-mismatch", `has ${own} heads of queries and ${shared} of keys that do not fit their widths`);
  const kind = node.string("update_rule", "gated_delta");
  const [isGated, isDelta] = [kind.startsWith("gated"), kind.endsWith("delta")];
  if (isGated !== node.has(4) || isDelta !== node.has(5))
    node.fail("bad-input", `has the update rule ${kind} and other inputs than it needs`);
  node.checkCount(8 * steps);
  const scale = node.float("scale", 0) || 1 / Math.sqrt(width);
  const group = own / shared;
  const at = (x: Value, step: number) => sliceAxis(x, 2, step, step + 1);
  const queries = reshape(heads(query, own), [n, shared, group, steps, width]);
  const [keys, values] = [heads(key, shared), heads(value, shared)];
  const decay = isGated ? exp(heads(node.input(4), shared)) : undefined;
  const beta = isDelta ? heads(node.input(5), node.input(5).shape[2]) : undefined;
  const stateShape = [n, shared, width, made];
  let state = node.has(3) ? node.input(3) : zeros(query, stateShape);
  if (state.shape.join() !== stateShape.join())
    node.fail(
      "shape-mismatch",
      `has a past of shape [${state.shape.join(", ")}] where [${stateShape.join(", ")}] fits`,
    );
  const read: Value[] = [];
  for (let step = 0; step < steps; step++) {
    const k = at(keys, step);
    if (decay) state = mul(state, transpose(at(decay, step), [0, 1, 3, 2]));
    const told = at(values, step);
    const news = beta ? mul(at(beta, step), sub(told, matmul(k, state))) : told;
    state = add(state, mul(transpose(k, [0, 1, 3, 2]), news));
    const q = reshape(sliceAxis(queries, 3, step, step + 1), [n, shared, group, width]);
    read.push(reshape(matmul(q, state), [n, own * made]));
  }
  const y = steps === 0 ? zeros(query, [n, 0, own * made]) : stack(read, 1);
  return [mul(y, scale), state];
}

export const STATE_LAYERS: readonly OnnxRule[] = [
  {
    op: "CausalConvWithState",
    attributes: { activation: oneOf("none", "silu", "swish") },
    inputs: 4,
    slots: ["arithmetic", "weight", "offset", "state"],
    import: causalConvolution,
  },
  {
    op: "LinearAttention",
    attributes: {
      // How many steps a kernel takes at once.
      chunk_size: NO_EFFECT,
      kv_num_heads: INT,
      q_num_heads: INT,
      scale: FLOAT,
      update_rule: oneOf("linear", "gated", "delta", "gated_delta"),
    },
    inputs: 6,
    slots: ["arithmetic", "arithmetic", "arithmetic", "state", "arithmetic"],
    import: linearAttention,
  },
];
