import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { concat, sliceAxis, stack } from "../../ops/movement.ts";
import { expand, reshape } from "../../ops/structure.ts";
import { FLAG, INT, only } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { mergeHeads, splitHeads } from "./scaled-dot-product.ts";

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
  const y = turned(x, { cosine, sine, positions, width: named || x.shape[3], interleaved: node.flag("interleaved") });
  return flat ? mergeHeads(y) : y;
}

/** How positions turn the numbers of each head. */
interface Rotation {
  readonly cosine: Value;
  readonly sine: Value;
  readonly positions: Value | undefined;
  /** Of a head, the first numbers that are turned. */
  readonly width: number;
  readonly interleaved: boolean;
}

/** Heads [N, heads, T, d] with their first numbers turned by the angles of their positions. */
export function turned(x: Value, { cosine, sine, positions, width, interleaved }: Rotation): Value {
  const d = x.shape[3];
  const angle = (table: Value) => {
    const rows = positions ? pickRows(table, positions, x.shape[0], x.shape[2]) : table;
    // [N, T, w/2] → [N, 1, T, w/2]
    return reshape(rows, [rows.shape[0], 1, ...rows.shape.slice(1)]);
  };
  const [c, s] = [angle(cosine), angle(sine)];
  const turning = sliceAxis(x, 3, 0, width);
  const half = width / 2;
  const pairs = interleaved ? reshape(turning, [...x.shape.slice(0, 3), half, 2]) : undefined;
  const part = (i: number) =>
    pairs
      ? reshape(sliceAxis(pairs, 4, i, i + 1), [...x.shape.slice(0, 3), half])
      : sliceAxis(turning, 3, i * half, (i + 1) * half);
  const [a, b] = [part(0), part(1)];
  const real = sub(mul(c, a), mul(s, b));
  const imaginary = add(mul(s, a), mul(c, b));
  const first = interleaved
    ? reshape(stack([real, imaginary], 4), [...x.shape.slice(0, 3), width])
    : concat([real, imaginary], 3);
  return width === d ? first : concat([first, sliceAxis(x, 3, width, d)], 3);
}

/** Rows of a table by position: ids [N, T], or one number at which the positions of all examples start. */
function pickRows(table: Value, positions: Value, batch: number, steps: number): Value {
  if (positions.shape.length >= 2) return gather(table, positions, 0);
  const ids = add(reshape(positions, [1]), table.graph.integers(Array.from({ length: steps }, (_, i) => i)));
  const rows = gather(table, ids, 0);
  return expand(reshape(rows, [1, ...rows.shape]), [batch, ...rows.shape]);
}

export const ROTARY_EMBEDDINGS: readonly OnnxRule[] = [
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
