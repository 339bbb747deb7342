import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { and, equal, less, lessOrEqual, where } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { concat } from "../../ops/movement.ts";
import { reduceMax, softmax } from "../../ops/reduction.ts";
import { expand, reshape, transpose } from "../../ops/structure.ts";
import { tanh } from "../../ops/unary.ts";

/** [N, T, heads·d] → [N, heads, T, d] */
export function splitHeads(x: Value, heads: number): Value {
  const [n, t, width] = x.shape;
  return transpose(reshape(x, [n, t, heads, width / heads]), [0, 2, 1, 3]);
}

/** [N, heads, T, d] → [N, T, heads·d] */
export function mergeHeads(x: Value): Value {
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
export function scaledDotProduct(q: Value, k: Value, v: Value, options: AttentionOptions): Attended {
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
export function filledKeys(counts: Value, keys: number, queries: number | undefined): Value {
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
export function fullMask(mask: Value, keys: number): Value {
  const rank = mask.shape.length;
  const known = mask.shape[rank - 1] ?? 1;
  if (rank === 0 || known === 1 || known >= keys) return mask;
  const shape = [...mask.shape.slice(0, -1), keys - known];
  const hidden = mask.graph.scalar(mask.dtype === "bool" ? 0 : -Infinity, mask.dtype);
  return concat([mask, expand(hidden, shape)], rank - 1);
}
