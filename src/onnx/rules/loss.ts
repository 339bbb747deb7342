import type { Value } from "../../graph/value.ts";
import { div, mul, neg } from "../../ops/arithmetic.ts";
import { gather, gatherElements } from "../../ops/gather.ts";
import { cast, equal, not, where } from "../../ops/logic.ts";
import { logSoftmax } from "../../ops/reduction.ts";
import { reshape, sumAll } from "../../ops/structure.ts";
import { sizeOf } from "../../util/tensor.ts";
import { INT, oneOf } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/**
 * Negative log-likelihood of labels: −w[y]·log p[y], averaged with the weights (or summed, or kept),
 * labels equal to ignore_index left out. log p: [N, C, …], labels: [N, …].
 */
function likelihood(node: NodeContext, logp: Value): Value {
  const labels = node.input(1);
  const weights = node.inputs[2];
  const { dtype } = logp;
  const ignored = node.int("ignore_index");
  const skip = ignored === undefined ? undefined : equal(labels, ignored);
  const safe = skip ? where(skip, 0, labels) : labels;
  const picked = gatherElements(logp, reshape(safe, [labels.shape[0], 1, ...labels.shape.slice(1)]), 1);
  const losses = neg(reshape(picked, labels.shape));
  const each = weights ? gather(weights, safe, 0) : undefined;
  const kept = skip ? cast(not(skip), dtype) : undefined;
  const factor = each && kept ? mul(each, kept) : (each ?? kept);
  const all = each ? mul(losses, each) : losses;
  // Chosen, not multiplied: what is left out may be ∞.
  const weighted = skip ? where(skip, 0, all) : all;
  const mode = node.string("reduction", "mean");
  if (mode === "none") return weighted;
  const sum = sumAll(weighted);
  if (mode === "sum") return sum;
  return factor ? div(sum, sumAll(factor)) : mul(sum, 1 / sizeOf(labels.shape));
}

const ATTRIBUTES = { ignore_index: INT, reduction: oneOf("none", "mean", "sum") };

export const LOSSES: readonly OnnxRule[] = [
  {
    op: "SoftmaxCrossEntropyLoss",
    attributes: ATTRIBUTES,
    inputs: 3,
    slots: ["arithmetic", "structural", "structural"],
    import: (node) => {
      const logp = logSoftmax(node.input(0), 1);
      return [likelihood(node, logp), logp];
    },
  },
  {
    op: "NegativeLogLikelihoodLoss",
    attributes: ATTRIBUTES,
    inputs: 3,
    slots: ["arithmetic", "structural", "structural"],
    import: (node) => likelihood(node, node.input(0)),
  },
];
