import { normalizeAxis } from "../../graph/broadcast.ts";
import type { Value } from "../../graph/value.ts";
import { add, div, mul, reciprocal, sub } from "../../ops/arithmetic.ts";
import { conv } from "../../ops/conv.ts";
import { equal, where } from "../../ops/logic.ts";
import { norm } from "../../ops/norm.ts";
import { pow } from "../../ops/pow.ts";
import { logSoftmax, reduceMean, softmax } from "../../ops/reduction.ts";
import { inverseDeviation, standardize as standardizeLast } from "../../ops/standardize.ts";
import { reduceSum, reshape } from "../../ops/structure.ts";
import { abs, sqrt } from "../../ops/unary.ts";
import { allocate, sizeOf } from "../../util/tensor.ts";
import { FLAG, FLOAT, INT, INTS, only, since, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

const EPSILON = 1e-5;

/** float32 or float64: a narrower type of the statistics would round them. */
const STASH_TYPE = only(1, 11);

export const LAYER_ATTRIBUTES = { axis: INT, epsilon: FLOAT, stash_type: STASH_TYPE };

/** One number per channel, aligned with [N, C, …]. */
function perChannel(x: Value, vector: Value): Value {
  return reshape(vector, [1, vector.shape[0] ?? 1, ...x.shape.slice(2).map(() => 1)]);
}

interface Standardized {
  readonly y: Value;
  readonly mean: Value;
  /** 1 / √(variance + ε) */
  readonly inverse: Value;
}

/** (x − mean) / √(variance + ε), both over axes. */
export function standardize(x: Value, axes: readonly number[], epsilon: number): Standardized {
  const mean = reduceMean(x, axes);
  const [axis] = axes;
  // Over the last axes there is one primitive, with a kernel of its own.
  if (axes.length === x.shape.length - axis && axes.every((each, i) => each === axis + i)) {
    return { y: standardizeLast(x, { axis, epsilon }), mean, inverse: inverseDeviation(x, { axis, epsilon }) };
  }
  const centred = sub(x, mean);
  const inverse = reciprocal(sqrt(add(reduceMean(mul(centred, centred), axes), epsilon)));
  return { y: mul(centred, inverse), mean, inverse };
}

/** Gain and bias, either of which may be left out. */
export function affine(x: Value, gain: Value | undefined, bias: Value | undefined): Value {
  const scaled = gain ? mul(x, gain) : x;
  return bias ? add(scaled, bias) : scaled;
}

/**
 * BatchNormalization and, where the file trains (opset 14 on), the statistics that it writes: each a running one times the
 * momentum, and that of the batch (its variance divided by the count) times the rest.
 */
function batchNormalization(node: NodeContext): (Value | undefined)[] {
  const y = normalizedBatch(node);
  if (node.outputs < 2 || node.opset < 14 || !isInTraining(node) || !takesBatchStatistics(node)) return [y];
  const x = node.input(0);
  const momentum = node.float("momentum", 0.9);
  const axes = allButChannels(x);
  const mean = reduceMean(x, axes);
  const centred = sub(x, mean);
  const written = (running: Value, ofBatch: Value) =>
    add(mul(running, momentum), mul(reshape(ofBatch, running.shape), 1 - momentum));
  return [y, written(node.input(3), mean), written(node.input(4), reduceMean(mul(centred, centred), axes))];
}

function normalizedBatch(node: NodeContext): Value {
  const x = node.input(0);
  const [gain, bias] = [perChannel(x, node.input(1)), perChannel(x, node.input(2))];
  const epsilon = node.float("epsilon", EPSILON);
  node.host.normalised({ x, mean: node.input(3), variance: node.input(4), momentum: node.float("momentum", 0.9) });
  const { batchNormalization: chosen } = node.host;
  if (chosen !== undefined && (chosen === "training") !== isInTraining(node))
    node.host.notice(
      "other-statistics",
      `As asked, BatchNormalization takes ${chosen === "training" ? "the statistics of the batch" : "its running statistics"}; the file itself takes the others.`,
    );
  if (takesBatchStatistics(node)) {
    node.host.notice(
      "batch-statistics",
      "BatchNormalization is in training mode: it takes the statistics of the batch, and its running statistics are not used.",
      "Export the model in eval mode to measure the network that is deployed.",
    );
    return affine(standardize(x, allButChannels(x), epsilon).y, gain, bias);
  }
  // One factor and one shift per channel: x·s + (b − m·s), s = g/√(v + ε).
  const factor = mul(gain, reciprocal(sqrt(add(perChannel(x, node.input(4)), epsilon))));
  return add(mul(x, factor), sub(bias, mul(perChannel(x, node.input(3)), factor)));
}

/** |x·s|: kernels compute x·s + (b − m·s), which at a small variance are large numbers whose difference is small. */
function batchNormalizationRounding(node: NodeContext): Value {
  const x = node.input(0);
  const gain = perChannel(x, node.input(1));
  const epsilon = node.float("epsilon", EPSILON);
  const inverse = takesBatchStatistics(node)
    ? standardize(x, allButChannels(x), epsilon).inverse
    : reciprocal(sqrt(add(perChannel(x, node.input(4)), epsilon)));
  return abs(mul(x, mul(gain, inverse)));
}

function allButChannels(x: Value): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
}

function takesBatchStatistics(node: NodeContext): boolean {
  const { batchNormalization: chosen } = node.host;
  return chosen === undefined ? isInTraining(node) : chosen === "training";
}

/** Whether the file takes the statistics of the batch. */
function isInTraining(node: NodeContext): boolean {
  if (node.opset < 7) return !node.flag("is_test");
  return node.opset >= 14 ? node.flag("training_mode") : node.outputs > 1 && node.node.outputs[1] !== "";
}

function instanceNormalization(node: NodeContext): Value {
  const x = node.input(0);
  const axes = x.shape.map((_, axis) => axis).slice(2);
  const { y } = standardize(x, axes, node.float("epsilon", EPSILON));
  return affine(y, perChannel(x, node.input(1)), perChannel(x, node.input(2)));
}

/** Groups of channels are standardised; gain and bias are per channel (per group in opset 18). */
function groupNormalization(node: NodeContext): Value {
  const x = node.input(0);
  const groups = node.int("num_groups", 1);
  const [n, channels, ...extents] = x.shape;
  if (groups < 1 || channels % groups !== 0)
    node.fail("bad-attribute", `makes ${groups} groups of ${channels} channels`);
  const split = reshape(x, [n, groups, channels / groups, ...extents]);
  const axes = split.shape.map((_, axis) => axis).slice(2);
  const { y } = standardize(split, axes, node.float("epsilon", EPSILON));
  const [gain, bias] = [node.input(1), node.input(2)];
  if (gain.shape[0] === groups && node.opset < 21) {
    const aligned = [1, groups, ...axes.map(() => 1)];
    return reshape(affine(y, reshape(gain, aligned), reshape(bias, aligned)), x.shape);
  }
  return affine(reshape(y, x.shape), perChannel(x, gain), perChannel(x, bias));
}

function lastAxes(node: NodeContext, x: Value, otherwise = -1): number[] {
  const axis = normalizeAxis(node.node.op, node.int("axis", otherwise), x.shape.length);
  return x.shape.map((_, each) => each).slice(axis);
}

export function layerNormalization(node: NodeContext): Value[] {
  const x = node.input(0);
  const { y, mean, inverse } = standardize(x, lastAxes(node, x), node.float("epsilon", EPSILON));
  return [affine(y, node.inputs[1], node.inputs[2]), mean, inverse];
}

/** x / √(mean x² + ε) (Zhang 2019) */
export function rootMeanSquare(x: Value, axes: readonly number[], epsilon: number): { y: Value; inverse: Value } {
  const inverse = reciprocal(sqrt(add(reduceMean(mul(x, x), axes), epsilon)));
  return { y: mul(x, inverse), inverse };
}

export function rmsNormalization(node: NodeContext): Value {
  const x = node.input(0);
  return affine(rootMeanSquare(x, lastAxes(node, x), node.float("epsilon", EPSILON)).y, node.inputs[1], undefined);
}

function lpNormalization(node: NodeContext): Value {
  const x = node.input(0);
  const axis = normalizeAxis("LpNormalization", node.int("axis", -1), x.shape.length);
  const first = node.int("p", 2) === 1;
  const sum = reduceSum(first ? abs(x) : mul(x, x), [axis]);
  const zero = equal(sum, 0);
  // A zero vector stays zero; √ never sees it, so that no derivative is 0·∞.
  const size = where(zero, 1, sum);
  return where(zero, 0, div(x, first ? size : sqrt(size)));
}

/** x / (k + α/n · Σ x²)^β over n neighbouring channels (Krizhevsky 2012); the sum is a convolution across channels. */
function localResponse(node: NodeContext): Value {
  const x = node.input(0);
  const size = node.int("size", 1);
  if (size < 1 || x.shape.length < 2) node.fail("bad-attribute", `sums over ${size} channels`);
  const [n, channels, ...extents] = x.shape;
  const rows = sizeOf(extents);
  const squares = reshape(mul(x, x), [n, 1, channels, rows]);
  const ones = x.graph.constant({ dtype: x.dtype, shape: [1, 1, size, 1], data: allocate(x.dtype, size).fill(1) });
  const half = Math.floor((size - 1) / 2);
  const sums = conv(squares, ones, {
    strides: [1, 1],
    dilations: [1, 1],
    before: [half, 0],
    after: [size - 1 - half, 0],
    group: 1,
  });
  const factor = node.float("alpha", 1e-4) / size;
  const base = add(mul(reshape(sums, x.shape), factor), node.float("bias", 1));
  return mul(x, pow(base, -node.float("beta", 0.75)));
}

function meanVariance(node: NodeContext): Value {
  const x = node.input(0);
  const axes = (node.ints("axes") ?? [0, 2, 3]).map((axis) =>
    normalizeAxis("MeanVarianceNormalization", axis, x.shape.length),
  );
  const centred = sub(x, reduceMean(x, axes));
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
  return div(centred, add(mul(norm(centred, axes), 1 / Math.sqrt(count)), 1e-9));
}

/** Before opset 13 everything from the axis on is one axis. */
function exponential(op: string, f: (x: Value, axis: number) => Value): OnnxRule {
  return {
    op,
    attributes: { axis: INT },
    inputs: 1,
    import: (node) => {
      const x = node.input(0);
      const rank = x.shape.length;
      if (node.opset >= 13) return f(x, node.int("axis", -1));
      const axis = normalizeAxis(op, node.int("axis", 1), rank);
      if (axis === rank - 1) return f(x, axis);
      const rest = x.shape.slice(axis);
      return reshape(f(reshape(x, [...x.shape.slice(0, axis), sizeOf(rest)]), axis), x.shape);
    },
  };
}

export const NORMALIZATIONS: readonly OnnxRule[] = [
  {
    op: "BatchNormalization",
    attributes: {
      epsilon: FLOAT,
      is_test: until(6, FLAG),
      // Of the running statistics that training writes.
      momentum: FLOAT,
      spatial: until(8, only(1)),
      training_mode: since(14, FLAG),
    },
    inputs: 5,
    slots: ["arithmetic", "gain", "offset", "statistic"],
    roundsAt: batchNormalizationRounding,
    import: batchNormalization,
  },
  {
    op: "InstanceNormalization",
    attributes: { epsilon: FLOAT },
    inputs: 3,
    slots: ["arithmetic", "gain", "offset"],
    import: instanceNormalization,
  },
  {
    op: "GroupNormalization",
    attributes: { epsilon: FLOAT, num_groups: INT, stash_type: since(21, STASH_TYPE) },
    inputs: 3,
    slots: ["arithmetic", "gain", "offset"],
    import: groupNormalization,
  },
  {
    op: "LayerNormalization",
    attributes: LAYER_ATTRIBUTES,
    inputs: 3,
    slots: ["arithmetic", "gain", "offset"],
    import: layerNormalization,
  },
  {
    op: "RMSNormalization",
    attributes: LAYER_ATTRIBUTES,
    inputs: 2,
    slots: ["arithmetic", "gain"],
    import: rmsNormalization,
  },
  {
    op: "LpNormalization",
    attributes: { axis: INT, p: { kind: "int", values: [1, 2] } },
    inputs: 1,
    import: lpNormalization,
  },
  {
    op: "LRN",
    attributes: { alpha: FLOAT, beta: FLOAT, bias: FLOAT, size: INT },
    inputs: 1,
    import: localResponse,
  },
  { op: "MeanVarianceNormalization", attributes: { axes: INTS }, inputs: 1, import: meanVariance },
  exponential("Softmax", softmax),
  { ...exponential("LogSoftmax", logSoftmax), roundsAt: () => 1 },
];
