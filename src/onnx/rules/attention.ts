import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { and, equal, less, lessOrEqual, where } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { concat, sliceAxis, stack } from "../../ops/movement.ts";
import { reduceMax, softmax } from "../../ops/reduction.ts";
import { expand, reshape, transpose } from "../../ops/structure.ts";
import { tanh } from "../../ops/unary.ts";
import { FLAG, FLOAT, INT, INTS, NO_EFFECT, only } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/** [N, T, heads·d] → [N, heads, T, d] */
function splitHeads(x: Value, heads: number): Value {
  const [n, t, width] = x.shape;
  return transpose(reshape(x, [n, t, heads, width / heads]), [0, 2, 1, 3]);
}

/** [N, heads, T, d] → [N, T, heads·d] */
function mergeHeads(x: Value): Value {
  const [n, heads, t, d] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [n, t, heads * d]);
}

/** Each head of keys or values for `times` heads of queries (Ainslie 2023). */
function repeatHeads(x: Value, times: number): Value {
  if (times === 1) return x;
  const [n, heads, t, d] = x.shape;
  return reshape(expand(reshape(x, [n, heads, 1, t, d]), [n, heads, times, t, d]), [n, heads * times, t, d]);
}

interface AttentionOptions {
  readonly scale?: number;
  /** Query i sees keys up to i + offset. */
  readonly causalOffset?: number;
  /** Truth values (seen or not) or numbers to add, broadcast to [N, heads, queries, keys]. */
  readonly mask?: Value;
  /** More truth values, which must hold too. */
  readonly visible?: Value;
  /** c·tanh(scores / c) before the mask. */
  readonly softcap?: number;
  /** A query that sees no key gives 0, instead of the 0/0 of a softmax over nothing. */
  readonly zeroWhereBlind?: boolean;
}

/** What an attention computes on its way to the output. */
interface Attended {
  readonly y: Value;
  /** Scaled products, the same behind the soft cap, with the mask, and as weights. */
  readonly stages: readonly Value[];
}

/** softmax(q·kᵀ/√d + mask)·v for q [N, heads, queries, d] (Vaswani 2017). */
function scaledDotProduct(q: Value, k: Value, v: Value, options: AttentionOptions): Attended {
  const d = q.shape[3];
  const times = q.shape[1] / k.shape[1];
  const products = matmul(q, repeatHeads(k, times), { transposeB: true });
  const scaled = mul(products, options.scale ?? 1 / Math.sqrt(d));
  const capped = options.softcap ? mul(tanh(mul(scaled, 1 / options.softcap)), options.softcap) : scaled;
  let scores = capped;
  if (options.mask)
    scores = options.mask.dtype === "bool" ? where(options.mask, scores, -Infinity) : add(scores, options.mask);
  if (options.visible) scores = where(options.visible, scores, -Infinity);
  if (options.causalOffset !== undefined) scores = where(causal(q, k, options.causalOffset), scores, -Infinity);
  const hides = options.mask ?? options.visible;
  const weights = options.zeroWhereBlind && hides ? softmaxOrZero(scores) : softmax(scores, 3);
  return { y: matmul(weights, repeatHeads(v, times)), stages: [scaled, capped, scores, weights] };
}

/** Softmax over the last axis; rows of nothing but −∞ become 0, and no derivative passes through them. */
function softmaxOrZero(scores: Value): Value {
  const blind = equal(reduceMax(scores, [3]), -Infinity);
  return where(blind, 0, softmax(where(blind, 0, scores), 3));
}

function causal(q: Value, k: Value, offset: number): Value {
  const [queries, keys] = [q.shape[2], k.shape[2]];
  const data = new Uint8Array(queries * keys);
  for (let i = 0; i < queries; i++) data.fill(1, i * keys, i * keys + Math.max(0, Math.min(keys, i + offset + 1)));
  return q.graph.constant({ dtype: "bool", shape: [queries, keys], data });
}

/**
 * Which keys hold tokens, from the number of them in each example [N], as [N, 1, 1, keys]; with `queries`,
 * also that query i sees keys up to i + number − queries, as [N, 1, queries, keys].
 */
function filledKeys(counts: Value, keys: number, queries: number | undefined): Value {
  const { graph } = counts;
  const lengths = reshape(counts, [counts.shape[0], 1, 1, 1]);
  const range = (count: number) => graph.integers(Array.from({ length: count }, (_, i) => i));
  const columns = reshape(range(keys), [1, 1, 1, keys]);
  const filled = less(columns, lengths);
  if (queries === undefined) return filled;
  const frontier = add(sub(lengths, queries), reshape(range(queries), [1, 1, queries, 1]));
  return and(filled, lessOrEqual(columns, frontier));
}

/** A mask over fewer keys than there are hides the others. */
function fullMask(mask: Value, keys: number): Value {
  const rank = mask.shape.length;
  const known = mask.shape[rank - 1] ?? 1;
  if (rank === 0 || known === 1 || known >= keys) return mask;
  const shape = [...mask.shape.slice(0, -1), keys - known];
  const hidden = mask.graph.scalar(mask.dtype === "bool" ? 0 : -Infinity, mask.dtype);
  return concat([mask, expand(hidden, shape)], rank - 1);
}

/** ai.onnx Attention: q, k, v with three axes (heads side by side) or four, mask, past keys and values. */
function attention(node: NodeContext): (Value | undefined)[] {
  const inputs = [node.input(0), node.input(1), node.input(2)];
  const flat = inputs[0].shape.length === 3;
  const heads = [node.int("q_num_heads", 0), node.int("kv_num_heads", 0), node.int("kv_num_heads", 0)];
  if (flat && heads.some((count) => count < 1)) node.fail("bad-attribute", "does not say how many heads there are");
  const [q, newK, newV] = inputs.map((x, i) => {
    if (x.shape.length !== (flat ? 3 : 4) || (flat && x.shape[2] % heads[i] !== 0)) {
      node.fail("shape-mismatch", `cannot attend with the shape [${x.shape.join(", ")}]`);
    }
    return flat ? splitHeads(x, heads[i]) : x;
  });
  if (![0, 1, 11].includes(node.int("softmax_precision", 0))) {
    node.host.notice(
      "softmax-precision",
      "Attention asks for a lower precision of its softmax; it is computed in the graph's.",
    );
  }
  const k = node.has(4) ? concat([node.input(4), newK], 2) : newK;
  const v = node.has(5) ? concat([node.input(5), newV], 2) : newV;
  if (q.shape[1] % k.shape[1] !== 0)
    node.fail("shape-mismatch", `shares ${k.shape[1]} heads of keys among ${q.shape[1]} of queries`);
  const past = node.has(4) ? node.input(4).shape[2] : 0;
  const counts = node.opset >= 24 ? node.inputs[6] : undefined;
  const causal = node.flag("is_causal");
  const { y, stages } = scaledDotProduct(q, k, v, {
    scale: node.hasAttribute("scale") ? node.float("scale", 1) : undefined,
    causalOffset: causal && !counts ? past : undefined,
    mask: node.has(3) ? fullMask(node.input(3), k.shape[2]) : undefined,
    visible: counts && filledKeys(counts, k.shape[2], causal ? q.shape[2] : undefined),
    softcap: node.float("softcap", 0),
    zeroWhereBlind: true,
  });
  const mode = node.int("qk_matmul_output_mode", 0);
  return [flat ? mergeHeads(y) : y, k, v, stages[mode]];
}

/** com.microsoft Attention: one matrix projects the input to queries, keys and values side by side. */
function packedAttention(node: NodeContext): (Value | undefined)[] {
  const [x, weights] = [node.input(0), node.input(1)];
  if (node.has(3) || node.has(4)) node.unsupported("has a mask index or a past");
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
  const { y } = scaledDotProduct(q, k, v, {
    scale: node.float("scale", 0) || undefined,
    causalOffset: node.flag("unidirectional") ? 0 : undefined,
    mask: node.inputs[5],
  });
  return [mergeHeads(y)];
}

/** com.microsoft MultiHeadAttention: projected q, k, v with a common bias. */
function multiHead(node: NodeContext): (Value | undefined)[] {
  if (node.has(4)) node.unsupported("has a padding mask");
  const heads = node.int("num_heads", 1);
  const inputs = [node.input(0), node.input(1), node.input(2)];
  if (inputs.some((x) => x.shape.length !== 3)) node.unsupported("has packed or split inputs");
  let start = 0;
  const [q, k, v] = inputs.map((x) => {
    const width = x.shape[2];
    const biased = node.has(3) ? add(x, sliceAxis(node.input(3), 0, start, start + width)) : x;
    start += width;
    return splitHeads(biased, heads);
  });
  const { y } = scaledDotProduct(q, k, v, {
    scale: node.float("scale", 0) || undefined,
    causalOffset: node.flag("unidirectional") ? 0 : undefined,
    mask: node.inputs[5],
  });
  return [mergeHeads(y)];
}

/**
 * Rotary position embedding (Su 2021): the first `rotary` numbers of each head as pairs, each turned
 * by the angle of its position. Tables [positions, rotary/2] with position ids, or [N, T, rotary/2].
 */
function rotary(node: NodeContext, cosine: Value, sine: Value, positions: Value | undefined): Value {
  const input = node.input(0);
  const flat = input.shape.length === 3;
  const named = node.int("rotary_embedding_dim", 0);
  // Without a number of heads the tables tell how wide one is: twice their own width.
  const heads =
    node.int("num_heads", 0) ||
    (flat && named === 0 ? input.shape[2] / (2 * cosine.shape[cosine.shape.length - 1]) : 0);
  if (flat && (!Number.isInteger(heads) || heads < 1 || input.shape[2] % heads !== 0))
    node.fail("bad-attribute", `has ${heads} heads for the shape [${input.shape.join(", ")}]`);
  const x = flat ? splitHeads(input, heads) : input;
  const d = x.shape[3];
  const width = named || d;
  const angle = (table: Value) => {
    const rows = positions ? pickRows(table, positions, x.shape[0], x.shape[2]) : table;
    // [N, T, w/2] → [N, 1, T, w/2]
    return reshape(rows, [rows.shape[0], 1, ...rows.shape.slice(1)]);
  };
  const [c, s] = [angle(cosine), angle(sine)];
  const turning = sliceAxis(x, 3, 0, width);
  const half = width / 2;
  const interleaved = node.flag("interleaved");
  const pairs = interleaved ? reshape(turning, [...x.shape.slice(0, 3), half, 2]) : undefined;
  const part = (i: number) =>
    pairs
      ? reshape(sliceAxis(pairs, 4, i, i + 1), [...x.shape.slice(0, 3), half])
      : sliceAxis(turning, 3, i * half, (i + 1) * half);
  const [a, b] = [part(0), part(1)];
  const real = sub(mul(c, a), mul(s, b));
  const imaginary = add(mul(s, a), mul(c, b));
  const turned = interleaved
    ? reshape(stack([real, imaginary], 4), [...x.shape.slice(0, 3), width])
    : concat([real, imaginary], 3);
  const y = width === d ? turned : concat([turned, sliceAxis(x, 3, width, d)], 3);
  return flat ? mergeHeads(y) : y;
}

/** Rows of a table by position: ids [N, T], or one number at which the positions of all examples start. */
function pickRows(table: Value, positions: Value, batch: number, steps: number): Value {
  if (positions.shape.length >= 2) return gather(table, positions, 0);
  const ids = add(reshape(positions, [1]), table.graph.integers(Array.from({ length: steps }, (_, i) => i)));
  const rows = gather(table, ids, 0);
  return expand(reshape(rows, [1, ...rows.shape]), [batch, ...rows.shape]);
}

export const ATTENTION: readonly OnnxRule[] = [
  {
    op: "Attention",
    attributes: {
      is_causal: FLAG,
      kv_num_heads: INT,
      q_num_heads: INT,
      qk_matmul_output_mode: { kind: "int", values: [0, 1, 2, 3] },
      scale: FLOAT,
      softcap: FLOAT,
      softmax_precision: INT,
    },
    inputs: 7,
    slots: ["arithmetic", "arithmetic", "arithmetic", "scores", "arithmetic", "arithmetic", "structural"],
    import: attention,
  },
  {
    op: "Attention",
    domain: "com.microsoft",
    attributes: {
      num_heads: INT,
      qkv_hidden_sizes: INTS,
      scale: FLOAT,
      unidirectional: FLAG,
      do_rotary: only(0),
      // Behind a mask that is refused; of no effect without one.
      mask_filter_value: NO_EFFECT,
      past_present_share_buffer: only(0),
      rotary_embedding_dim: only(0),
    },
    inputs: 6,
    slots: ["arithmetic", "weight", "offset", "structural", "structural", "scores"],
    import: packedAttention,
  },
  {
    op: "MultiHeadAttention",
    domain: "com.microsoft",
    attributes: { num_heads: INT, scale: FLOAT, unidirectional: FLAG, mask_filter_value: NO_EFFECT },
    inputs: 6,
    slots: ["arithmetic", "arithmetic", "arithmetic", "offset", "structural", "scores"],
    import: multiHead,
  },
  {
    op: "RotaryEmbedding",
    attributes: { interleaved: FLAG, num_heads: INT, rotary_embedding_dim: INT },
    inputs: 4,
    slots: ["arithmetic", "structural"],
    import: (node) => rotary(node, node.input(1), node.input(2), node.inputs[3]),
  },
  {
    op: "RotaryEmbedding",
    domain: "com.microsoft",
    attributes: {
      interleaved: FLAG,
      num_heads: INT,
      rotary_embedding_dim: INT,
      is_packed_batching: only(0),
      scale: only(1),
    },
    inputs: 4,
    slots: ["arithmetic", "structural"],
    import: (node) => rotary(node, node.input(2), node.input(3), node.input(1)),
  },
];
