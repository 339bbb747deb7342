import type { Value } from "../../graph/value.ts";
import { cast, greaterOrEqual, less } from "../../ops/logic.ts";
import { sliceAxis } from "../../ops/movement.ts";
import { cumSum, softmax } from "../../ops/reduction.ts";
import { reduceSum, reshape } from "../../ops/structure.ts";
import type { Shape } from "../../util/tensor.ts";
import { type DrawLaw, hiddenDraw } from "../draw.ts";
import { FLOAT, INT, INTS, NO_EFFECT } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxNode } from "../onnx-node.ts";
import type { OnnxRule } from "../rule.ts";
import { dtypeFor } from "./shape.ts";

const UNIT: DrawLaw = { kind: "uniform", low: 0, high: 1 };

function normalLaw(node: NodeContext): DrawLaw {
  const scale = node.float("scale", 1);
  if (scale < 0) node.fail("bad-attribute", `has the standard deviation ${scale}`);
  return { kind: "normal", mean: node.float("mean", 0), scale };
}

function uniformLaw(node: NodeContext): DrawLaw {
  const [low, high] = [node.float("low", 0), node.float("high", 1)];
  if (high < low) node.fail("bad-attribute", `draws between ${low} and ${high}`);
  return { kind: "uniform", low, high };
}

/** The output of a node as a draw; kernels make floats only. */
function output(node: NodeContext, law: DrawLaw, shape: Shape): Value {
  node.checkSize(shape, true);
  const type = node.int("dtype");
  if (type !== undefined) dtypeFor(node, type);
  return node.host.draw(node, node.node.outputs[0] ?? "", law, shape);
}

function shaped(node: NodeContext, law: DrawLaw): Value {
  const shape = node.ints("shape") ?? node.fail("bad-attribute", "has no shape");
  if (shape.some((extent) => !(Number.isSafeInteger(extent) && extent >= 0)))
    node.fail("bad-attribute", `has the shape [${shape.join(", ")}]`);
  return output(node, law, shape);
}

/** A uniform draw beside the output, from which the node makes it. */
function unit(node: NodeContext, shape: Shape): Value {
  node.checkSize(shape, true);
  return node.host.draw(node, hiddenDraw(node.node.outputs[0] ?? ""), UNIT, shape);
}

/** Bernoulli: 1 with the probability that the input is, u < p. Its derivative is 0, as that of every step. */
function bernoulli(node: NodeContext): Value {
  const p = node.input(0);
  const type = node.int("dtype");
  return cast(less(unit(node, p.shape), p), type === undefined ? p.dtype : dtypeFor(node, type));
}

/** Multinomial: classes by their logarithmic weights, the first whose cumulative probability exceeds u. */
function multinomial(node: NodeContext): Value {
  const weights = node.input(0);
  if (weights.shape.length !== 2 || weights.shape[1] === 0)
    node.fail("shape-mismatch", `needs rows of weights, not the shape [${weights.shape.join(", ")}]`);
  const [rows, classes] = weights.shape;
  const samples = node.int("sample_size", 1);
  if (samples < 1) node.fail("bad-attribute", `draws ${samples} samples`);
  const u = unit(node, [rows, samples]);
  // The last class is what remains, whatever rounding left of the sum.
  const below = sliceAxis(cumSum(softmax(weights, 1), 1), 1, 0, classes - 1);
  const passed = greaterOrEqual(reshape(u, [rows, samples, 1]), reshape(below, [rows, 1, classes - 1]));
  return reshape(reduceSum(cast(passed, "int64"), [2]), [rows, samples]);
}

/** A float attribute as the file holds it, before anything is imported. */
function held({ attributes }: OnnxNode, name: string, otherwise: number): number {
  const attribute = attributes.get(name);
  return attribute?.kind === "float" ? attribute.value : otherwise;
}

/** The kernels end the process at laws that the standard library of C++ asserts not to be asked for. */
const abortsAtScale = (node: OnnxNode) =>
  held(node, "scale", 1) > 0 ? undefined : "draws normal numbers of a standard deviation that is not positive";
const abortsAtBounds = (node: OnnxNode) =>
  held(node, "high", 1) >= held(node, "low", 0) ? undefined : "draws uniform numbers between bounds that are reversed";

const NORMAL = { mean: FLOAT, scale: FLOAT, dtype: INT, seed: NO_EFFECT };
const UNIFORM = { low: FLOAT, high: FLOAT, dtype: INT, seed: NO_EFFECT };

/** Operators that draw random numbers: one fixed draw stands for them. */
export const RANDOM: readonly OnnxRule[] = [
  {
    op: "RandomNormal",
    draws: true,
    aborts: abortsAtScale,
    attributes: { ...NORMAL, shape: INTS },
    inputs: 0,
    import: (node) => shaped(node, normalLaw(node)),
  },
  {
    op: "RandomUniform",
    draws: true,
    aborts: abortsAtBounds,
    attributes: { ...UNIFORM, shape: INTS },
    inputs: 0,
    import: (node) => shaped(node, uniformLaw(node)),
  },
  {
    op: "RandomNormalLike",
    draws: true,
    aborts: abortsAtScale,
    attributes: NORMAL,
    inputs: 1,
    slots: ["structural"],
    import: (node) => output(node, normalLaw(node), node.input(0).shape),
  },
  {
    op: "RandomUniformLike",
    draws: true,
    aborts: abortsAtBounds,
    attributes: UNIFORM,
    inputs: 1,
    slots: ["structural"],
    import: (node) => output(node, uniformLaw(node), node.input(0).shape),
  },
  {
    op: "Bernoulli",
    draws: true,
    flat: true,
    attributes: { dtype: INT, seed: NO_EFFECT },
    inputs: 1,
    bends: (node) => ({
      text: "Bernoulli is a step of its probability at a fixed draw: its derivative is taken as 0",
      by: node.input(0),
    }),
    import: bernoulli,
  },
  {
    op: "Multinomial",
    draws: true,
    flat: true,
    attributes: { dtype: INT, sample_size: INT, seed: NO_EFFECT },
    inputs: 1,
    import: multinomial,
  },
];
