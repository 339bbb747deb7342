import type { Value } from "../../graph/value.ts";
import { div, mul, neg } from "../../ops/arithmetic.ts";
import { gather, gatherElements } from "../../ops/gather.ts";
import { and, cast, equal, greaterOrEqual, less, not, where } from "../../ops/logic.ts";
import { negativeLogLikelihood } from "../../ops/negative-log-likelihood.ts";
import { logSoftmax } from "../../ops/reduction.ts";
import { markClasses } from "../../ops/relative-to-class.ts";
import { reshape, sumAll } from "../../ops/structure.ts";
import { sizeOf } from "../../util/tensor.ts";
import { INT, oneOf } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/**
 * Negative log-likelihood of labels: w[y]·(−log p[y]), averaged with the weights (or summed, or kept),
 * labels equal to ignore_index left out. `of` gives −log p[y], [N, 1, …], for classes y of that shape.
 */
function likelihood(node: NodeContext, of: (classes: Value) => Value): Value {
  const labels = node.input(1);
  const weights = node.inputs[2];
  const { dtype } = node.input(0);
  const ignored = node.int("ignore_index");
  const skip = ignored === undefined ? undefined : equal(labels, ignored);
  const safe = skip ? where(skip, 0, labels) : labels;
  const losses = reshape(of(reshape(safe, [labels.shape[0], 1, ...labels.shape.slice(1)])), labels.shape);
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

export const LOSS_OPERATORS: readonly OnnxRule[] = [
  {
    op: "SoftmaxCrossEntropyLoss",
    attributes: ATTRIBUTES,
    inputs: 3,
    slots: ["arithmetic", "structural", "structural"],
    roundsAt: () => 1,
    import: (node) => {
      const logits = node.input(0);
      const classes = logits.shape[1];
      const losses = likelihood(node, (y) => {
        const known = and(greaterOrEqual(y, 0), less(y, classes));
        return where(known, negativeLogLikelihood(logits, markClasses(y, classes, 1), 1), Number.NaN);
      });
      return [losses, logSoftmax(logits, 1)];
    },
  },
  {
    op: "NegativeLogLikelihoodLoss",
    attributes: ATTRIBUTES,
    inputs: 3,
    slots: ["arithmetic", "structural", "structural"],
    import: (node) => likelihood(node, (y) => neg(gatherElements(node.input(0), y, 1))),
  },
];
