import type { Value } from "../../graph/value.ts";
import { concat } from "../../ops/movement.ts";
import { FLOAT, FLAG, INT } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { filledKeys, fullMask, mergeHeads, scaledDotProduct, splitHeads } from "./scaled-dot-product.ts";

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
];
