import type { Value } from "../../graph/value.ts";
import { add, sub } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { and, cast, equal, greaterOrEqual, less, where } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { sliceAxis, stack } from "../../ops/movement.ts";
import { reduceSum, reshape, transpose } from "../../ops/structure.ts";
import { FLAG, FLOAT, INT, INTS, NO_EFFECT, only } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { affine, standardize } from "./normalization.ts";
import { turned } from "./rotary-embedding.ts";
import { mergeHeads, scaledDotProduct, splitHeads } from "./scaled-dot-product.ts";

/* Attention as ONNX Runtime's optimiser fuses it: masks add a large negative number to the scores, and hide nothing else. */

const DOMAIN = "com.microsoft";

const WITHOUT_CACHE = "Export the network without a cache of past keys and values (use_cache=False).";

/** 0, 1, 2, … */
function upTo(like: Value, count: number): Value {
  return like.graph.integers(Array.from({ length: count }, (_, i) => i));
}

/**
 * Which keys tokens may see, as truth values that broadcast to [N, 1, queries, keys], from any of the forms that a mask has: the number of
 * tokens of each example [N]; ends and then starts [2N]; truth values [N, keys] or [N, queries, keys].
 */
function seenKeys(node: NodeContext, mask: Value, batch: number, queries: number, keys: number): Value | undefined {
  const { shape } = mask;
  const shown = () => node.unsupported(`has a mask of shape [${shape.join(", ")}]`);
  const columns = reshape(upTo(mask, keys), [1, 1, 1, keys]);
  const lengths = (start: number) => reshape(sliceAxis(mask, 0, start, start + batch), [batch, 1, 1, 1]);
  if (shape.length === 1) {
    if (shape[0] === batch) return less(columns, lengths(0));
    return shape[0] === 2 * batch ? and(less(columns, lengths(0)), greaterOrEqual(columns, lengths(batch))) : shown();
  }
  if (shape.length > 3 || (shape[0] !== batch && shape[0] !== 1)) return shown();
  // A mask of one column for all keys hides nothing.
  if (shape.length === 2 && shape[1] === 1 && keys !== 1) return undefined;
  if (shape[shape.length - 1] !== keys || (shape.length === 3 && shape[1] !== queries)) return shown();
  const truth = greaterOrEqual(mask, 1);
  return reshape(truth, shape.length === 2 ? [shape[0], 1, 1, keys] : [shape[0], 1, queries, keys]);
}

/** What is added to the scores: the filter of the mask where it hides a key, and what the network gives besides. */
function addedScores(node: NodeContext, mask: Value | undefined, bias: Value | undefined): Value | undefined {
  const hidden = mask && where(mask, node.scalar(0), node.float("mask_filter_value", -10_000));
  return hidden && bias ? add(hidden, bias) : (hidden ?? bias);
}

/** com.microsoft Attention: one matrix projects the input to queries, keys and values side by side. */
function packedAttention(node: NodeContext): (Value | undefined)[] {
  const [x, weights] = [node.input(0), node.input(1)];
  if (node.has(4)) node.unsupported("has a past", WITHOUT_CACHE);
  const heads = node.int("num_heads", 1);
  const product = matmul(x, weights);
  const all = node.has(2) ? add(product, node.input(2)) : product;
  const width = weights.shape[1] / 3;
  const widths = node.ints("qkv_hidden_sizes") ?? [width, width, width];
  let start = 0;
  const [q, k, v] = widths.map((size) => {
    const part = splitHeads(sliceAxis(all, 2, start, start + size), heads);
    start += size;
    return part;
  });
  const [batch, steps] = x.shape;
  const mask = node.has(3) ? seenKeys(node, node.input(3), batch, steps, steps) : undefined;
  const { y } = scaledDotProduct(q, k, v, {
    scale: node.float("scale", 0) || undefined,
    causalOffset: node.flag("unidirectional") ? 0 : undefined,
    mask: addedScores(node, mask, node.inputs[5]),
  });
  const isEven = k.shape[3] === v.shape[3];
  return [mergeHeads(y), node.outputs > 1 && isEven ? stack([k, v], 0) : undefined];
}

/** Part `i` of what is put side by side in the fourth of five axes [N, T, heads, parts, d]: [N, heads, T, d]. */
function packedPart(x: Value, i: number): Value {
  const [n, t, heads, , d] = x.shape;
  return transpose(reshape(sliceAxis(x, 3, i, i + 1), [n, t, heads, d]), [0, 2, 1, 3]);
}

/** Queries, keys and values of MultiHeadAttention [N, heads, T, d]: each for itself, or packed, with a common bias. */
function headsOf(node: NodeContext, heads: number): [q: Value, k: Value, v: Value] {
  const first = node.input(0);
  if (first.shape.length === 5) {
    if (node.has(3)) node.unsupported("has a bias for packed queries, keys and values");
    return [packedPart(first, 0), packedPart(first, 1), packedPart(first, 2)];
  }
  let start = 0;
  const biased = (x: Value) => {
    const width = x.shape[2];
    const y = node.has(3) ? add(x, sliceAxis(node.input(3), 0, start, start + width)) : x;
    start += width;
    return splitHeads(y, heads);
  };
  if (first.shape.length !== 3) node.unsupported(`has queries of shape [${first.shape.join(", ")}]`);
  const q = biased(first);
  const key = node.input(1);
  if (key.shape.length === 5) {
    if (node.has(3)) node.unsupported("has a bias for packed keys and values");
    return [q, packedPart(key, 0), packedPart(key, 1)];
  }
  // With four axes they are those of another attention, split and with their biases.
  const value = node.input(2);
  return key.shape.length === 4 ? [q, key, value] : [q, biased(key), biased(value)];
}

/** com.microsoft MultiHeadAttention: projected q, k, v. */
function multiHead(node: NodeContext): (Value | undefined)[] {
  const [q, k, v] = headsOf(node, node.int("num_heads", 1));
  const [batch, , queries] = q.shape;
  const mask = node.has(4) ? seenKeys(node, node.input(4), batch, queries, k.shape[2]) : undefined;
  const { y } = scaledDotProduct(q, k, v, {
    scale: node.float("scale", 0) || undefined,
    causalOffset: node.flag("unidirectional") ? 0 : undefined,
    mask: addedScores(node, mask, node.inputs[5]),
  });
  return [mergeHeads(y), k, v];
}

/**
 * com.microsoft GroupQueryAttention of a prompt, as in training: causal, several heads of queries for each of keys (Ainslie 2023), which may be turned
 * by their positions and see a window of keys only. What the kernel gives behind the end of a shorter example is not defined: here it is what the
 * tokens there give.
 */
function groupQuery(node: NodeContext): (Value | undefined)[] {
  const [heads, shared] = [node.int("num_heads", 1), node.int("kv_num_heads", 1)];
  for (const slot of [3, 4])
    if (node.has(slot) && node.input(slot).shape[2] !== 0) node.unsupported("has a past", WITHOUT_CACHE);
  const x = node.input(0);
  const parts = node.has(1)
    ? [x, node.input(1), node.input(2)]
    : [0, heads, heads + shared].map((start, i) => {
        const d = x.shape[2] / (heads + 2 * shared);
        return sliceAxis(x, 2, start * d, (start + (i === 0 ? heads : shared)) * d);
      });
  const [q, k, v] = parts.map((part, i) => splitHeads(part, i === 0 ? heads : shared));
  const [batch, , steps] = q.shape;
  const turn = (value: Value) =>
    node.flag("do_rotary")
      ? turned(value, {
          cosine: node.input(7),
          sine: node.input(8),
          positions: node.has(9) ? node.input(9) : reshape(upTo(value, 1), [1]),
          width: 2 * node.input(7).shape[1],
          interleaved: node.flag("rotary_interleaved"),
        })
      : value;
  const [turnedQ, turnedK] = [turn(q), turn(k)];
  const window = node.int("local_window_size", -1);
  const rows = reshape(upTo(q, steps), [steps, 1]);
  const near = window > 0 ? less(sub(rows, reshape(rows, [1, steps])), window) : undefined;
  const { y } = scaledDotProduct(turnedQ, turnedK, v, {
    scale: node.float("scale", 0) || undefined,
    causalOffset: 0,
    visible: near,
    mask: node.inputs[10],
    softcap: node.float("softcap", 0),
  });
  if (turnedK.shape[0] !== batch) node.fail("shape-mismatch", `has ${turnedK.shape[0]} examples of keys for ${batch}`);
  return [mergeHeads(y), turnedK, v];
}

/** com.microsoft EmbedLayerNormalization: the sum of the embeddings of token, position and segment, normalised. */
function embedNormalization(node: NodeContext): (Value | undefined)[] {
  const ids = node.input(0);
  const [batch, steps] = ids.shape;
  const positions = node.has(8) ? node.input(8) : reshape(upTo(ids, steps), [1, steps]);
  const words = gather(node.input(2), ids, 0);
  const placed = add(words, gather(node.input(3), positions, 0));
  const sum = node.has(1) && node.has(4) ? add(placed, gather(node.input(4), node.input(1), 0)) : placed;
  const { y } = standardize(sum, [2], node.float("epsilon", 1e-12));
  const mask = node.inputs[7];
  const counts = mask
    ? countOfOnes(node, mask)
    : node.graph.constant({ dtype: "int64", shape: [batch], data: new Float64Array(batch) });
  return [affine(y, node.input(5), node.input(6)), counts, sum];
}

/** How many ones there are in each row. */
function countOfOnes(node: NodeContext, mask: Value): Value {
  return cast(reshape(reduceSum(cast(equal(mask, 1), node.host.precision), [1]), [mask.shape[0]]), "int64");
}

export const FUSED_ATTENTION: readonly OnnxRule[] = [
  {
    op: "Attention",
    domain: DOMAIN,
    attributes: {
      num_heads: INT,
      qkv_hidden_sizes: INTS,
      scale: FLOAT,
      unidirectional: FLAG,
      do_rotary: only(0),
      mask_filter_value: FLOAT,
      past_present_share_buffer: only(0),
      rotary_embedding_dim: only(0),
    },
    inputs: 6,
    slots: ["arithmetic", "weight", "offset", "structural", "structural", "scores"],
    import: packedAttention,
  },
  {
    op: "MultiHeadAttention",
    domain: DOMAIN,
    attributes: { num_heads: INT, scale: FLOAT, unidirectional: FLAG, mask_filter_value: FLOAT },
    inputs: 6,
    slots: ["arithmetic", "arithmetic", "arithmetic", "offset", "structural", "scores"],
    import: multiHead,
  },
  {
    op: "GroupQueryAttention",
    domain: DOMAIN,
    attributes: {
      do_rotary: FLAG,
      kv_num_heads: INT,
      local_window_size: INT,
      num_heads: INT,
      qk_output: only(0),
      rotary_interleaved: FLAG,
      scale: FLOAT,
      smooth_softmax: only(0, -1),
      softcap: FLOAT,
    },
    inputs: 11,
    slots: [
      "arithmetic",
      "arithmetic",
      "arithmetic",
      "arithmetic",
      "arithmetic",
      "structural",
      "structural",
      "structural",
      "structural",
      "structural",
      "scores",
    ],
    import: groupQuery,
  },
  {
    op: "EmbedLayerNormalization",
    domain: DOMAIN,
    attributes: { epsilon: FLOAT, mask_index_type: NO_EFFECT },
    inputs: 9,
    slots: ["structural", "structural", "table", "table", "table", "gain", "offset", "structural"],
    import: embedNormalization,
  },
];
