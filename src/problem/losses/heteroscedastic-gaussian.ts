import type { Value } from "../../graph/value.ts";
import { add, mul, neg, sub } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/logic.ts";
import { concat, sliceAxis } from "../../ops/movement.ts";
import { reshape } from "../../ops/structure.ts";
import { exp } from "../../ops/unary.ts";
import { sizeOf, type Shape } from "../../util/tensor.ts";
import type { Loss } from "./loss.ts";
import { labelsEach, plainTerms } from "./plain-terms.ts";

/** The outputs as [examples, 2, k]: the means, then the log-variances, of the k targets of each example. */
function halves(z: Value, examples: number): { mean: Value; logVariance: Value } {
  const each = sizeOf(z.shape) / examples / 2;
  const flat = reshape(z, [examples, 2 * each]);
  const half = (start: number) => sliceAxis(flat, 1, start, start + each);
  return { mean: half(0), logVariance: half(each) };
}

/** Whether the outputs hold two numbers for each target, the halves side by side along their last axis. */
function fits(outputs: Shape, labels: Shape): boolean {
  const each = sizeOf(labels.slice(1));
  return outputs.length === 2 && outputs[0] === labels[0] && outputs[1] === 2 * each;
}

/**
 * ½((y − μ)² e^{−s} + s) per target: the negative log-likelihood of a Gaussian whose mean μ and log-variance s the network
 * puts out, [N, 2k] for k targets, up to ½ log 2π (Nix & Weigend 1994).
 */
export const heteroscedasticGaussian: Loss = {
  name: "heteroscedastic-gaussian",
  title: "heteroscedastic Gaussian",
  formula: String.raw`\ell = \tfrac12 ((y - \mu)^2 e^{-s} + s),\ z = (\mu, s)`,
  misfit: ({ outputs, labels }) =>
    fits(outputs, labels)
      ? undefined
      : `The loss heteroscedastic Gaussian needs a mean and a log-variance for each target, [N, 2k] for k targets, but the outputs have the shape [${outputs.join(", ")}] and the labels [${labels.join(", ")}].`,
  perTerm: (z, y) => {
    const { mean, logVariance } = halves(z, y.shape[0]);
    const residual = sub(mean, cast(reshape(y, mean.shape), z.dtype));
    return mul(add(mul(mul(residual, residual), exp(neg(logVariance))), logVariance), 0.5);
  },
  evaluate: ({ data }, labels) => {
    const each = labelsEach(labels);
    return plainTerms(labels, each, (t) => {
      const start = Math.floor(t / each) * 2 * each + (t % each);
      const [mean, logVariance] = [data[start], data[start + each]];
      return { value: ((labels.data[t] - mean) ** 2 * Math.exp(-logVariance) + logVariance) / 2 };
    });
  },
  terms: (labels) => sizeOf(labels.shape),
  draw: ({ data }, labels, _options, random) => {
    const each = labelsEach(labels);
    const start = (t: number) => Math.floor(t / each) * 2 * each + (t % each);
    const drawn = (_y: number, t: number) => data[start(t)] + Math.exp(data[start(t) + each] / 2) * random.normal();
    return { ...labels, data: Float64Array.from(labels.data, drawn) };
  },
  // diag(e^{−s}, ½): the score of s is ½(1 − (y − μ)² e^{−s}), of variance ½.
  outputFisher: (z, y, tangent) => {
    const [examples] = y.shape;
    const moved = halves(tangent, examples);
    const { logVariance } = halves(z, examples);
    return reshape(concat([mul(exp(neg(logVariance)), moved.mean), mul(moved.logVariance, 0.5)], 1), z.shape);
  },
};
