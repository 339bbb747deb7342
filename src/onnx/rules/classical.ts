import type { Value } from "../../graph/value.ts";
import { add, div, mul, sub } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { cast, equal, where } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { norm } from "../../ops/norm.ts";
import { argMax, reduceMax, softmax } from "../../ops/reduction.ts";
import { reduceSum, reshape } from "../../ops/structure.ts";
import { abs, sigmoid } from "../../ops/unary.ts";
import { isFloat } from "../../util/tensor.ts";
import { FLOATS, INT, INTS, NO_EFFECT, oneOf, STRINGS } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxNode } from "../onnx-node.ts";
import type { HeldWeights, OnnxRule } from "../rule.ts";

/* Linear models and what stands before them in classical pipelines (scikit-learn), whose numbers are in attributes. */

const DOMAIN = "ai.onnx.ml";

/** One matrix of coefficients, a row for each output, and their intercepts. */
function heldBy({ attributes }: OnnxNode, rows: number | undefined): HeldWeights {
  const [coefficients, intercepts] = ["coefficients", "intercepts"].map((name) => attributes.get(name));
  if (coefficients?.kind !== "floats" || coefficients.value.length === 0) return {};
  const count = rows ?? (intercepts?.kind === "floats" ? intercepts.value.length : 1);
  const width = coefficients.value.length / count;
  if (!Number.isInteger(width) || count < 1) return {};
  const tensor = (shape: number[], values: readonly number[]) => ({
    dtype: "float32" as const,
    shape,
    data: Float32Array.from(values),
  });
  return {
    coefficients: tensor([count, width], coefficients.value),
    ...(intercepts?.kind === "floats" && intercepts.value.length === count
      ? { intercepts: tensor([count], intercepts.value) }
      : {}),
  };
}

function rowsOf(node: OnnxNode, name: string): number | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === "int" ? attribute.value : undefined;
}

/** Rows of numbers, one for each example; integers are taken as floats. */
function examples(node: NodeContext): Value {
  const x = node.input(0);
  const floats = isFloat(x.dtype) ? x : cast(x, node.host.precision);
  return floats.shape.length === 1 ? reshape(floats, [1, floats.shape[0]]) : floats;
}

/** x·Aᵀ + b */
function scores(node: NodeContext): Value {
  const x = examples(node);
  if (!node.has(1)) node.fail("bad-attribute", "has coefficients and intercepts that do not match");
  const coefficients = node.input(1);
  if (x.shape.length !== 2 || x.shape[1] !== coefficients.shape[1])
    node.fail(
      "shape-mismatch",
      `has coefficients for ${coefficients.shape[1]} features, and gets the shape [${x.shape.join(", ")}]`,
    );
  const product = matmul(x, coefficients, { transposeB: true });
  return node.has(2) ? add(product, node.input(2)) : product;
}

/** What is made of scores; the other transforms of the standard (probit, softmax beside zeros) have no use here. */
const TRANSFORM = oneOf("NONE", "LOGISTIC", "SOFTMAX");

function transformed(node: NodeContext, x: Value): Value {
  switch (node.string("post_transform", "NONE")) {
    case "LOGISTIC":
      return sigmoid(x);
    case "SOFTMAX":
      return softmax(x, x.shape.length - 1);
    default:
      return x;
  }
}

/** The class with the largest score, where classes are numbers, and the scores. */
function linearClassifier(node: NodeContext): (Value | undefined)[] {
  const raw = scores(node);
  const [count, classes] = raw.shape;
  const labels = node.ints("classlabels_ints");
  const names = labels ?? node.strings("classlabels_strings");
  if (names?.length !== classes)
    node.unsupported(
      `has ${names?.length ?? 0} classes for ${classes} rows of coefficients`,
      "Export the classifier with a row of coefficients for each class.",
    );
  const chosen = labels && gather(node.graph.integers(labels), reshape(argMax(raw, 1), [count]), 0);
  return [chosen, transformed(node, raw)];
}

/** (x − offset)·scale, numbers for each feature or one for all: measured from data, not trained. */
function scaler(node: NodeContext): Value {
  const x = examples(node);
  const width = x.shape[x.shape.length - 1];
  const numbers = (name: string) => {
    const given = node.floats(name);
    if (given && given.length !== 1 && given.length !== width)
      node.fail("bad-attribute", `has ${given.length} numbers as its ${name}, for ${width} features`);
    const data = node.host.precision === "float32" ? Float32Array.from(given ?? []) : Float64Array.from(given ?? []);
    return given && node.graph.constant({ dtype: node.host.precision, shape: [given.length], data });
  };
  const [offset, scale] = [numbers("offset"), numbers("scale")];
  const moved = offset ? sub(x, offset) : x;
  return scale ? mul(moved, scale) : moved;
}

/** Each row divided by its norm, or by its largest element; rows of norm 0 stay. */
function normalizer(node: NodeContext): Value {
  const x = examples(node);
  const last = x.shape.length - 1;
  const sizes: Readonly<Record<string, () => Value>> = {
    MAX: () => reduceMax(x, [last]),
    L1: () => reduceSum(abs(x), [last]),
    L2: () => norm(x, [last]),
  };
  const size = sizes[node.string("norm", "MAX")]();
  return div(x, where(equal(size, 0), 1, size));
}

export const CLASSICAL: readonly OnnxRule[] = [
  {
    op: "LinearRegressor",
    domain: DOMAIN,
    attributes: { coefficients: FLOATS, intercepts: FLOATS, post_transform: TRANSFORM, targets: INT },
    inputs: 3,
    slots: ["arithmetic", "weight", "offset"],
    linear: true,
    heldWeights: (node) => heldBy(node, rowsOf(node, "targets") ?? 1),
    import: (node) => transformed(node, scores(node)),
  },
  {
    op: "LinearClassifier",
    domain: DOMAIN,
    attributes: {
      classlabels_ints: INTS,
      classlabels_strings: STRINGS,
      coefficients: FLOATS,
      intercepts: FLOATS,
      // How the coefficients were found: one against the rest, or all at once.
      multi_class: NO_EFFECT,
      post_transform: TRANSFORM,
    },
    inputs: 3,
    slots: ["arithmetic", "weight", "offset"],
    linear: true,
    heldWeights: (node) => heldBy(node, undefined),
    import: linearClassifier,
  },
  { op: "Scaler", domain: DOMAIN, attributes: { offset: FLOATS, scale: FLOATS }, inputs: 1, import: scaler },
  {
    op: "Normalizer",
    domain: DOMAIN,
    attributes: { norm: oneOf("MAX", "L1", "L2") },
    inputs: 1,
    bends: (node) =>
      node.string("norm", "MAX") === "L2"
        ? undefined
        : `Normalizer by ${node.string("norm", "MAX")} has no derivative where elements tie or are 0; second derivatives ignore the kinks`,
    import: normalizer,
  },
];
