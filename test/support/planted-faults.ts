import type { GraphProto } from "onnx-buf";
import { NodeContext } from "../../src/onnx/node-context.ts";
import type { OnnxAttribute, OnnxNode } from "../../src/onnx/onnx-node.ts";
import { isSequence } from "../../src/onnx/item.ts";
import { type OnnxRule } from "../../src/onnx/rule.ts";
import { ONNX_RULES } from "../../src/onnx/rules/registry.ts";
import { mul } from "../../src/ops/arithmetic.ts";
import { reshape } from "../../src/ops/structure.ts";
import { isFloat, sizeOf, type Shape } from "../../src/util/tensor.ts";
import {
  float,
  graphProto,
  tensorProto,
  valueInfo,
  type AttributeValue,
  type Elements,
  type NodeSpec,
} from "./onnx-model.ts";

/*
 * One small file for each rule, and one mutation of what the rule means that the file's outputs show.
 */

/** An operand: floats drawn at random for a shape, or given values. */
export interface Operand {
  readonly elements: Elements;
  readonly shape: Shape;
  readonly values?: readonly number[];
  /** An initialiser, and not an input. */
  readonly constant?: boolean;
}

/** How a rule goes wrong. */
export interface Fault {
  readonly what: string;
  /** The rule with the fault in it. */
  plant(rule: OnnxRule): OnnxRule;
}

export interface Row {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  /** Nodes around it, where one is not enough: what reads o0 and gives `out`, or makes the inputs. */
  readonly before?: readonly NodeSpec[];
  readonly after?: readonly NodeSpec[];
  /** Names of its inputs, where nodes before it make them. */
  readonly names?: readonly string[];
  readonly fault: Fault;
}

const f = (...shape: number[]): Operand => ({ elements: "float", shape });
const w = (...shape: number[]): Operand => ({ elements: "float", shape, constant: true });
const spread = (low: number, high: number, ...shape: number[]): Operand => ({
  elements: "float",
  shape,
  values: Array.from({ length: sizeOf(shape) }, (_, i) => low + ((high - low) * ((i * 7 + 3) % 11)) / 11),
});
const values = (...each: number[]): Operand => ({ elements: "float", shape: [each.length], values: each });
const fixed = (...each: number[]): Operand => ({ ...values(...each), constant: true });
const scalar = (value: number): Operand => ({ elements: "float", shape: [], values: [value], constant: true });
const ints = (...each: number[]): Operand => ({
  elements: "int64",
  shape: [each.length],
  values: each,
  constant: true,
});
const int = (value: number): Operand => ({ elements: "int64", shape: [], values: [value], constant: true });
const labels = (shape: Shape, ...each: number[]): Operand => ({ elements: "int64", shape, values: each });
const bools = (...each: number[]): Operand => ({ elements: "bool", shape: [each.length], values: each });
const yes: Operand = { elements: "bool", shape: [], values: [1], constant: true };
const bytes = (...each: number[]): Operand => ({ elements: "uint8", shape: [each.length], values: each });
const ofBytes = (...each: number[]): Operand => ({ ...bytes(...each), constant: true });
const ofByte = (value: number): Operand => ({ elements: "uint8", shape: [], values: [value], constant: true });
const of32 = (...each: number[]): Operand => ({ ...ints(...each), elements: "int32" });
const none = undefined;
const ML = "ai.onnx.ml";
const list32 = (...each: number[]) => each.map((value) => float(value));

/** The rule on the node changed so; `items` are its inputs, which may be changed as well. */
function misread(what: string, change: (node: OnnxNode) => OnnxNode, order?: (i: number) => number | undefined): Fault {
  return {
    what,
    plant: (rule) => ({
      ...rule,
      import: (context) => {
        const node = change(context.node);
        const items = order
          ? context.items.map((_, i) => {
              const from = order(i);
              return from === undefined ? undefined : context.items[from];
            })
          : context.items;
        return rule.import(new NodeContext(node, rule, items, context.host));
      },
    }),
  };
}

const drop = (name: string): Fault =>
  misread(`${name} is dropped`, (node) => ({
    ...node,
    attributes: new Map([...node.attributes].filter(([each]) => each !== name)),
  }));
const set = (name: string, attribute: OnnxAttribute): Fault =>
  misread(`${name} is read as ${JSON.stringify(attribute.value)}`, (node) => ({
    ...node,
    attributes: new Map([...node.attributes, [name, attribute]]),
  }));
const setInt = (name: string, value: number) => set(name, { kind: "int", value });
const setText = (name: string, value: string) => set(name, { kind: "string", value });
const setInts = (name: string, ...value: number[]) => set(name, { kind: "ints", value });
const swap = (a: number, b: number): Fault =>
  misread(
    `inputs ${a} and ${b} are swapped`,
    (node) => node,
    (i) => (i === a ? b : i === b ? a : i),
  );
const ignore = (slot: number): Fault =>
  misread(
    `input ${slot} is ignored`,
    (node) => node,
    (i) => (i === slot ? undefined : i),
  );
const asOpset = (opset: number): Fault => misread(`opset ${opset} is assumed`, (node) => ({ ...node, opset }));
const twice = (from: number, to: number): Fault =>
  misread(
    `input ${from} is read in place of ${to}`,
    (node) => node,
    (i) => (i === to ? from : i),
  );
/** It is taken for another operator. */
const like = (op: string, domain = ""): Fault => ({
  what: `it is taken for ${op}`,
  plant: (rule) => {
    const other = ONNX_RULES.find((each) => each.op === op && (each.domain ?? "") === domain);
    if (!other) throw new RangeError(`no rule ${op}`);
    return {
      ...rule,
      import: (context) => other.import(new NodeContext(context.node, other, context.items, context.host)),
    };
  },
});
/** The input comes out as it is. */
const passing: Fault = {
  what: "its first input comes out",
  plant: (rule) => ({ ...rule, import: (context) => context.item(0) }),
};
/** Another of its inputs comes out. */
const output = (slot: number): Fault => ({
  what: `its input ${slot} comes out`,
  plant: (rule) => ({ ...rule, import: (context) => context.item(slot) }),
});

/** Every float that comes out is 0.1 % too large; tells `touched` where there is one. */
export const tooLarge = (touched: () => void): Fault => ({
  what: "0.1 % too large",
  plant: (rule) => ({
    ...rule,
    import: (context) => {
      const result = rule.import(context);
      return ("length" in result ? result : [result]).map((item) => {
        if (!item || isSequence(item) || !isFloat(item.dtype)) return item;
        touched();
        return mul(item, 1.001);
      });
    },
  }),
});

const MS = "com.microsoft";
const UNARY: readonly (readonly [op: string, other: string, operand?: Operand, opset?: number])[] = [
  ["Neg", "Abs"],
  ["Reciprocal", "Neg"],
  ["Abs", "Identity"],
  ["Exp", "Sinh"],
  ["Log", "Sqrt", spread(0.2, 3, 7)],
  ["Sqrt", "Log", spread(0.2, 3, 7)],
  ["Erf", "Tanh"],
  ["Sin", "Cos"],
  ["Cos", "Sin"],
  ["Tan", "Sin"],
  ["Atan", "Tanh"],
  ["Asin", "Atan", spread(-0.9, 0.9, 7)],
  ["Acos", "Asin", spread(-0.9, 0.9, 7)],
  ["Sinh", "Cosh"],
  ["Cosh", "Sinh"],
  ["Asinh", "Atan"],
  ["Acosh", "Asinh", spread(1.1, 4, 7)],
  ["Atanh", "Asin", spread(-0.9, 0.9, 7)],
  ["Floor", "Ceil"],
  ["Ceil", "Floor"],
  ["Round", "Floor"],
  ["Sign", "Identity"],
  ["Relu", "Identity"],
  ["Tanh", "Erf"],
  ["Sigmoid", "HardSigmoid"],
  ["Softplus", "Relu"],
  ["Softsign", "Tanh"],
  ["Mish", "HardSwish"],
  ["HardSwish", "Mish"],
  ["Selu", "Elu"],
  ["Identity", "Neg"],
  ["GlobalAveragePool", "GlobalMaxPool", f(2, 3, 4, 5)],
  ["GlobalMaxPool", "GlobalAveragePool", f(2, 3, 4, 5)],
];
const BINARY: readonly (readonly [op: string, other: string])[] = [
  ["Add", "Sub"],
  ["Mul", "Add"],
  ["Sum", "Mean"],
  ["Mean", "Sum"],
  ["Max", "Min"],
  ["Min", "Max"],
];
const COMPARISONS: readonly (readonly [op: string, other: string])[] = [
  ["Equal", "GreaterOrEqual"],
  ["Greater", "GreaterOrEqual"],
  ["GreaterOrEqual", "Greater"],
  ["Less", "LessOrEqual"],
  ["LessOrEqual", "Less"],
];
const REDUCTIONS: readonly (readonly [op: string, other: string])[] = [
  ["ReduceSum", "ReduceMean"],
  ["ReduceMean", "ReduceSum"],
  ["ReduceMax", "ReduceMin"],
  ["ReduceMin", "ReduceMax"],
  ["ReduceProd", "ReduceSum"],
  ["ReduceL1", "ReduceL2"],
  ["ReduceL2", "ReduceL1"],
  ["ReduceSumSquare", "ReduceL2"],
  ["ReduceLogSum", "ReduceLogSumExp"],
  ["ReduceLogSumExp", "ReduceLogSum"],
];

function recurrent(op: string, gates: number): Omit<Row, "fault"> {
  return {
    op,
    opset: 14,
    inputs: [f(4, 2, 3), w(2, gates * 5, 3), w(2, gates * 5, 5), w(2, 2 * gates * 5)],
    attributes: { hidden_size: 5, direction: "bidirectional", clip: float(0.4) },
    outputs: op === "LSTM" ? 3 : 2,
  };
}

const IMAGE = f(2, 3, 7, 6);
const join = (...inputs: string[]): NodeSpec => ({
  op: "ConcatFromSequence",
  inputs,
  outputs: ["out"],
  attributes: { axis: 0 },
});
const list: NodeSpec = { op: "SequenceConstruct", inputs: ["i0", "i1", "i2"], outputs: ["list"] };
const branch = (op: string): GraphProto =>
  graphProto({
    nodes: [{ op, inputs: ["i1"], outputs: [`in${op}`] }],
    inputs: [],
    outputs: [valueInfo(`in${op}`, "float", [3])],
  });
const body = graphProto({
  nodes: [
    { op: "Identity", inputs: ["go"], outputs: ["on"] },
    { op: "Add", inputs: ["state", "state"], outputs: ["next"] },
  ],
  inputs: [valueInfo("trip", "int64", []), valueInfo("go", "bool", []), valueInfo("state", "float", [3])],
  outputs: [valueInfo("on", "bool", []), valueInfo("next", "float", [3])],
});

const decay = graphProto({
  nodes: [
    { op: "Sin", inputs: ["held"], outputs: ["moved"] },
    { op: "Add", inputs: ["moved", "element"], outputs: ["new"] },
    { op: "Identity", inputs: ["new"], outputs: ["given"] },
  ],
  inputs: [valueInfo("held", "float", [3]), valueInfo("element", "float", [3])],
  outputs: [valueInfo("new", "float", [3]), valueInfo("given", "float", [3])],
});

const NOT_IN_RUNTIME = "the runtime has no such operator in this domain, so that the proof is missing, and said to be";
const DRAWN = "two runs of the file draw other numbers; random-operators.test.ts feeds it those of the imported graph";

const NEWER = "the runtime does not read its opset, so that the proof is missing, and said to be";

/** Rules whose meaning no comparison of outputs can see. */
export const UNOBSERVABLE: Readonly<Record<string, string>> = {
  SwiGLU: NEWER,
  CausalConvWithState: NEWER,
  LinearAttention: NEWER,
  Bernoulli: DRAWN,
  Multinomial: DRAWN,
  RandomNormal: DRAWN,
  RandomNormalLike: DRAWN,
  RandomUniform: DRAWN,
  RandomUniformLike: DRAWN,
  "ai.onnx.ml:ZipMap": "its output is a list of dictionaries, no tensor that could be compared",
  "com.microsoft:LayerNormalization": NOT_IN_RUNTIME,
  "com.microsoft:SimplifiedLayerNormalization": NOT_IN_RUNTIME,
};

/** A row for each other rule. */
export const PLANTED: readonly Row[] = [
  ...UNARY.map(([op, other, operand = f(9), opset]): Row => ({ op, inputs: [operand], opset, fault: like(other) })),
  ...BINARY.map(([op, other]): Row => ({ op, inputs: [f(2, 3), f(2, 3)], fault: like(other) })),
  ...COMPARISONS.map(([op, other]): Row => ({ op, inputs: [values(1, 2, 3), values(3, 2, 1)], fault: like(other) })),
  ...REDUCTIONS.map(([op, other]): Row => ({ op, inputs: [spread(0.2, 2, 2, 3, 4), ints(1)], fault: like(other) })),
  { op: "Sub", inputs: [f(2, 3), f(2, 3)], fault: swap(0, 1) },
  { op: "Div", inputs: [f(2, 3), f(2, 3)], fault: swap(0, 1) },
  { op: "Pow", inputs: [spread(0.5, 2, 6), spread(0.5, 2, 6)], fault: like("Mul") },
  { op: "Mod", inputs: [values(-5.5, 5.5, 7), values(3, -3, 4)], attributes: { fmod: 1 }, fault: like("Div") },
  { op: "CumProd", opset: 26, inputs: [f(2, 4), int(1)], attributes: { reverse: 1 }, fault: drop("reverse") },
  { op: "Det", inputs: [f(2, 3, 3)], fault: passing },
  { op: "Hardmax", inputs: [f(3, 4)], fault: like("Softmax") },
  { op: "CenterCropPad", inputs: [f(4, 5), ints(2, 7)], attributes: { axes: [1, 0] }, fault: drop("axes") },
  { op: "TensorScatter", opset: 24, inputs: [f(2, 4, 3), f(2, 2, 3), labels([2], 1, 2)], fault: ignore(2) },
  { op: "BitwiseAnd", inputs: [labels([3], 12, -1, 7), labels([3], 10, 5, -8)], fault: like("BitwiseOr") },
  { op: "BitwiseOr", inputs: [labels([3], 12, -1, 7), labels([3], 10, 5, -8)], fault: like("BitwiseXor") },
  { op: "BitwiseXor", inputs: [labels([3], 12, -1, 7), labels([3], 10, 5, -8)], fault: like("BitwiseOr") },
  { op: "BitwiseNot", inputs: [labels([3], 12, -1, 7)], fault: passing },
  {
    op: "BitShift",
    inputs: [ofBytes(200, 3, 17), ofBytes(1, 2, 3)],
    attributes: { direction: "LEFT" },
    fault: setText("direction", "RIGHT"),
  },
  { op: "Unique", inputs: [ints(3, 1, 1, 2)], attributes: { sorted: 0 }, outputs: 4, fault: drop("sorted") },
  { op: "DFT", opset: 20, inputs: [f(2, 5, 2)], attributes: { inverse: 1 }, fault: drop("inverse") },
  { op: "STFT", inputs: [f(1, 8, 1), int(2), w(4), int(4)], fault: ignore(2) },
  { op: "HannWindow", inputs: [int(5)], attributes: { periodic: 0 }, fault: drop("periodic") },
  { op: "HammingWindow", inputs: [int(5)], fault: like("HannWindow") },
  { op: "BlackmanWindow", inputs: [int(5)], fault: like("HannWindow") },
  {
    op: "MelWeightMatrix",
    inputs: [int(4), int(64), int(8000), scalar(0), scalar(4000)],
    fault: setInt("output_datatype", 7),
  },
  {
    op: "Col2Im",
    inputs: [f(1, 4, 6), ints(3, 3), ints(1, 2)],
    fault: {
      what: "blocks are turned",
      plant: (rule) => ({
        ...rule,
        import: (c) =>
          rule.import(new NodeContext(c.node, rule, [...c.items.slice(0, 2), c.graph.integers([2, 1])], c.host)),
      }),
    },
  },
  {
    op: "MaxUnpool",
    inputs: [f(1, 1, 2, 2), labels([1, 1, 2, 2], 5, 7, 13, 15)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    fault: output(0),
  },
  {
    op: "RoiAlign",
    inputs: [
      f(1, 2, 6, 6),
      { elements: "float", shape: [1, 4], values: [0.4, 1.1, 4.7, 5.2], constant: true },
      ints(0),
    ],
    attributes: { output_height: 2, output_width: 2, sampling_ratio: 2 },
    fault: setInt("sampling_ratio", 1),
  },
  {
    op: "LinearRegressor",
    domain: ML,
    inputs: [f(4, 3)],
    attributes: { coefficients: list32(0.5, -1, 2, 1, 0.25, -0.75), intercepts: list32(0.5, -0.25), targets: 2 },
    fault: {
      what: "the intercepts are left out",
      plant: (rule) => ({
        ...rule,
        import: (c) => rule.import(new NodeContext(c.node, rule, c.items.slice(0, 2), c.host)),
      }),
    },
  },
  {
    op: "LinearClassifier",
    domain: ML,
    inputs: [f(4, 3)],
    attributes: {
      coefficients: list32(0.5, -1, 2, 1, 0.25, -0.75),
      intercepts: list32(0.5, -0.25),
      classlabels_ints: [3, 7],
      post_transform: "SOFTMAX",
    },
    outputs: 2,
    fault: setText("post_transform", "LOGISTIC"),
  },
  {
    op: "Scaler",
    domain: ML,
    inputs: [f(4, 3)],
    attributes: { offset: list32(0.5, -1, 2), scale: list32(2, 3, 0.5) },
    fault: drop("offset"),
  },
  { op: "Normalizer", domain: ML, inputs: [f(4, 3)], attributes: { norm: "L1" }, fault: setText("norm", "L2") },
  {
    op: "DeformConv",
    opset: 19,
    inputs: [f(1, 2, 4, 4), w(2, 2, 2, 2), spread(-0.6, 0.7, 1, 8, 3, 3), none, spread(0.2, 1, 1, 4, 3, 3)],
    fault: ignore(4),
  },
  { op: "Swish", opset: 24, inputs: [f(9)], attributes: { alpha: float(1.5) }, fault: drop("alpha") },
  { op: "LeakyRelu", inputs: [f(9)], attributes: { alpha: float(0.2) }, fault: drop("alpha") },
  { op: "PRelu", inputs: [f(2, 3, 4), w(3, 1)], fault: output(0) },
  { op: "Elu", inputs: [f(9)], attributes: { alpha: float(0.5) }, fault: drop("alpha") },
  { op: "Celu", inputs: [f(9)], attributes: { alpha: float(0.5) }, fault: like("Elu") },
  { op: "HardSigmoid", inputs: [f(9)], attributes: { alpha: float(0.3), beta: float(0.4) }, fault: drop("beta") },
  { op: "ThresholdedRelu", inputs: [f(9)], attributes: { alpha: float(0.3) }, fault: drop("alpha") },
  { op: "Shrink", inputs: [f(9)], attributes: { lambd: float(0.4), bias: float(0.1) }, fault: drop("bias") },
  { op: "Clip", inputs: [f(9), scalar(-0.5), scalar(0.5)], fault: ignore(2) },
  { op: "Gelu", opset: 20, inputs: [f(9)], attributes: { approximate: "tanh" }, fault: drop("approximate") },
  { op: "And", inputs: [bools(1, 1, 0), bools(1, 0, 0)], fault: like("Or") },
  { op: "Or", inputs: [bools(1, 1, 0), bools(1, 0, 0)], fault: like("And") },
  { op: "Xor", inputs: [bools(1, 1, 0), bools(1, 0, 0)], fault: like("Or") },
  { op: "Not", inputs: [bools(1, 0)], fault: passing },
  { op: "IsNaN", inputs: [values(Number.NaN, 1, Number.POSITIVE_INFINITY)], fault: like("IsInf") },
  {
    op: "IsInf",
    inputs: [values(Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY)],
    attributes: { detect_negative: 0 },
    fault: drop("detect_negative"),
  },
  { op: "Where", inputs: [bools(1, 0, 1), f(3), f(3)], fault: swap(1, 2) },
  { op: "ArgMax", inputs: [f(3, 4)], attributes: { axis: 1 }, fault: setInt("axis", 0) },
  { op: "ArgMin", inputs: [f(3, 4)], attributes: { axis: 1 }, fault: like("ArgMax") },
  { op: "CumSum", inputs: [f(3, 4), int(1)], attributes: { exclusive: 1 }, fault: drop("exclusive") },
  { op: "TopK", inputs: [f(3, 6), ints(2)], attributes: { largest: 0 }, outputs: 2, fault: drop("largest") },
  {
    op: "Constant",
    inputs: [],
    attributes: { value_ints: [1, 2, 3] },
    after: [
      { op: "Cast", inputs: ["o0"], outputs: ["c"], attributes: { to: 1 } },
      { op: "Mul", inputs: ["c", "x"], outputs: ["out"] },
    ],
    fault: setInts("value_ints", 1, 2, 4),
  },
  {
    op: "Dropout",
    inputs: [f(3, 4)],
    fault: like("Softsign"),
  },
  { op: "Cast", inputs: [f(9)], attributes: { to: 7 }, fault: setInt("to", 1) },
  { op: "CastLike", inputs: [f(9), ints(1)], fault: passing },
  { op: "Shape", inputs: [f(2, 3, 4, 5)], attributes: { start: 1, end: 3 }, fault: setInt("start", 2) },
  { op: "Size", inputs: [f(2, 3)], fault: like("Shape") },
  { op: "Reshape", inputs: [f(2, 3, 4), ints(0, -1, 2)], fault: passing },
  { op: "Flatten", inputs: [f(2, 3, 4)], attributes: { axis: 2 }, fault: drop("axis") },
  { op: "Squeeze", inputs: [f(1, 3, 1, 2), ints(-2)], fault: ignore(1) },
  { op: "Unsqueeze", inputs: [f(3, 2), ints(-1)], fault: passing },
  { op: "Transpose", inputs: [f(3, 3, 3)], attributes: { perm: [1, 0, 2] }, fault: drop("perm") },
  { op: "Expand", inputs: [f(3, 1), ints(3, 4)], fault: passing },
  { op: "Tile", inputs: [f(2, 3), ints(2, 2)], fault: passing },
  {
    op: "ConstantOfShape",
    inputs: [ints(3)],
    attributes: { value: tensorProto("v", "float", [1], [2]) },
    after: [{ op: "Mul", inputs: ["o0", "x"], outputs: ["out"] }],
    fault: drop("value"),
  },
  {
    op: "Range",
    inputs: [scalar(1), scalar(7), scalar(2)],
    after: [{ op: "Mul", inputs: ["o0", "x"], outputs: ["out"] }],
    fault: twice(2, 0),
  },
  { op: "Trilu", inputs: [f(4, 5), int(1)], attributes: { upper: 0 }, fault: drop("upper") },
  { op: "EyeLike", inputs: [f(3, 4)], attributes: { k: 1 }, fault: drop("k") },
  { op: "DepthToSpace", inputs: [f(2, 12, 2, 3)], attributes: { blocksize: 2, mode: "CRD" }, fault: drop("mode") },
  {
    op: "SpaceToDepth",
    inputs: [f(2, 3, 4, 4)],
    attributes: { blocksize: 2 },
    fault: setInt("blocksize", 4),
  },
  { op: "Concat", inputs: [f(2, 2), f(2, 2)], attributes: { axis: 1 }, fault: setInt("axis", 0) },
  { op: "Split", inputs: [f(4, 4)], attributes: { axis: 1, num_outputs: 2 }, outputs: 2, fault: setInt("axis", 0) },
  { op: "Slice", inputs: [f(4, 4), ints(1), ints(3), ints(1)], fault: ignore(3) },
  {
    op: "Compress",
    inputs: [f(3, 3), { ...bools(1, 0, 1), constant: true }],
    attributes: { axis: 1 },
    fault: setInt("axis", 0),
  },
  { op: "Pad", inputs: [f(3, 4), ints(1, 1, 1, 1)], attributes: { mode: "reflect" }, fault: drop("mode") },
  { op: "Gather", inputs: [f(4, 4), labels([3], 0, 3, 1)], attributes: { axis: 1 }, fault: drop("axis") },
  {
    op: "GatherElements",
    inputs: [f(3, 3), labels([3, 3], 0, -1, 2, 2, 1, 0, 1, 1, 0)],
    attributes: { axis: 1 },
    fault: drop("axis"),
  },
  {
    op: "GatherND",
    inputs: [f(2, 2, 4), labels([2, 1], 1, 0)],
    attributes: { batch_dims: 1 },
    fault: drop("batch_dims"),
  },
  {
    op: "ScatterND",
    inputs: [f(4, 3), labels([2, 1], 3, 0), f(2, 3)],
    attributes: { reduction: "add" },
    fault: drop("reduction"),
  },
  {
    op: "ScatterElements",
    inputs: [f(3, 3), labels([2, 2], 0, 1, 2, 1), f(2, 2)],
    attributes: { axis: 1 },
    fault: drop("axis"),
  },
  {
    op: "Scatter",
    opset: 10,
    inputs: [f(3, 3), labels([2, 2], 0, 1, 2, 1), f(2, 2)],
    attributes: { axis: 1 },
    fault: drop("axis"),
  },
  ...[undefined, MS].flatMap((domain): Row[] => [
    {
      op: "QuantizeLinear",
      domain,
      inputs: [f(2, 3), fixed(0.01, 0.02, 0.03), ofBytes(100, 0, 200)],
      attributes: { axis: 1 },
      after: [
        { op: "Cast", inputs: ["o0"], outputs: ["c"], attributes: { to: 1 } },
        { op: "Neg", inputs: ["c"], outputs: ["out"] },
      ],
      fault: ignore(2),
    },
    {
      op: "DequantizeLinear",
      domain,
      inputs: [bytes(9, 200, 17), scalar(0.02), ofByte(30)],
      fault: ignore(2),
    },
  ]),
  {
    op: "GroupQueryAttention",
    domain: MS,
    inputs: [f(2, 3, 16), f(2, 3, 8), f(2, 3, 8), none, none, of32(2, 2), of32(3)],
    attributes: { num_heads: 2, kv_num_heads: 1, local_window_size: 2 },
    outputs: 3,
    fault: drop("local_window_size"),
  },
  {
    op: "EmbedLayerNormalization",
    domain: MS,
    inputs: [{ ...of32(1, 0, 2, 2), shape: [2, 2], constant: false }, none, w(3, 5), w(4, 5), none, w(5), w(5)],
    outputs: 2,
    fault: twice(2, 3),
  },
  {
    op: "ReverseSequence",
    inputs: [f(4, 3, 2), { ...labels([3], 2, 4, 1), constant: true }],
    attributes: { time_axis: 0, batch_axis: 1 },
    fault: passing,
  },
  {
    op: "GridSample",
    inputs: [f(2, 3, 4, 5), spread(-1.2, 1.2, 2, 3, 2, 2)],
    attributes: { padding_mode: "border" },
    fault: drop("padding_mode"),
  },
  {
    op: "AffineGrid",
    opset: 20,
    inputs: [f(2, 2, 3), ints(2, 1, 3, 4)],
    attributes: { align_corners: 1 },
    fault: drop("align_corners"),
  },
  {
    op: "OneHot",
    inputs: [labels([3, 3], 0, 1, 2, 1, 0, 0, 2, 2, 1), int(3), fixed(0.5, 2)],
    attributes: { axis: 1 },
    fault: drop("axis"),
  },
  {
    op: "NonZero",
    inputs: [{ ...values(1, 0, 2), constant: true }],
    after: [{ op: "Gather", inputs: ["x", "o0"], outputs: ["out"] }],
    fault: {
      what: "every element counts",
      plant: (rule) => ({
        ...rule,
        import: (c) => c.graph.constant({ dtype: "int64", shape: [1, 2], data: Float64Array.of(0, 1) }),
      }),
    },
  },
  { op: "MatMul", inputs: [f(3, 3), f(3, 3)], fault: swap(0, 1) },
  { op: "Gemm", inputs: [f(3, 3), f(3, 3), f(3)], attributes: { transB: 1 }, fault: drop("transB") },
  {
    op: "FusedMatMul",
    domain: MS,
    inputs: [f(3, 3), f(3, 3)],
    attributes: { alpha: float(0.5) },
    fault: drop("alpha"),
  },
  {
    op: "Einsum",
    inputs: [f(3, 3), f(3, 3)],
    attributes: { equation: "ij,jk->ik" },
    fault: setText("equation", "ij,kj->ik"),
  },
  { op: "Conv", inputs: [IMAGE, w(4, 3, 3, 3), w(4)], attributes: { pads: [1, 1, 1, 1] }, fault: ignore(2) },
  {
    op: "ConvTranspose",
    inputs: [f(2, 3, 5, 5), w(3, 2, 3, 3)],
    attributes: { pads: [1, 0, 1, 0] },
    fault: setInts("pads", 0, 1, 0, 1),
  },
  { op: "MaxPool", inputs: [IMAGE], attributes: { kernel_shape: [2, 2], strides: [2, 2] }, fault: like("AveragePool") },
  {
    op: "AveragePool",
    inputs: [IMAGE],
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
    fault: drop("count_include_pad"),
  },
  { op: "LpPool", inputs: [IMAGE], attributes: { kernel_shape: [2, 2], p: 3 }, fault: drop("p") },
  { op: "GlobalLpPool", inputs: [IMAGE], attributes: { p: 3 }, fault: drop("p") },
  {
    op: "BatchNormalization",
    opset: 15,
    inputs: [f(4, 3), w(3), w(3), w(3), { ...spread(0.1, 2, 3), constant: true }],
    attributes: { epsilon: float(1e-3) },
    fault: drop("epsilon"),
  },
  { op: "InstanceNormalization", inputs: [f(2, 3, 5), w(3), w(3)], fault: swap(1, 2) },
  {
    op: "GroupNormalization",
    opset: 21,
    inputs: [f(2, 6, 3, 3), w(6), w(6)],
    attributes: { num_groups: 3 },
    fault: setInt("num_groups", 2),
  },
  { op: "LayerNormalization", opset: 17, inputs: [f(2, 3, 4), w(4), w(4)], fault: ignore(2) },
  {
    op: "RMSNormalization",
    opset: 23,
    inputs: [f(2, 3, 4), w(4)],
    attributes: { epsilon: float(1e-2) },
    fault: drop("epsilon"),
  },
  { op: "LpNormalization", inputs: [f(3, 4)], attributes: { p: 1 }, fault: drop("p") },
  {
    op: "LRN",
    inputs: [f(2, 5, 3, 3)],
    attributes: { size: 3, alpha: float(0.5), bias: float(2) },
    fault: setInt("size", 5),
  },
  { op: "MeanVarianceNormalization", inputs: [f(2, 3, 4, 4)], attributes: { axes: [2, 3] }, fault: drop("axes") },
  { op: "Softmax", inputs: [f(3, 4)], attributes: { axis: 0 }, fault: drop("axis") },
  { op: "LogSoftmax", opset: 11, inputs: [f(2, 3, 4)], attributes: { axis: 1 }, fault: asOpset(13) },
  {
    op: "Resize",
    inputs: [IMAGE, none, none, ints(2, 3, 10, 9)],
    attributes: { mode: "linear", coordinate_transformation_mode: "align_corners" },
    fault: drop("coordinate_transformation_mode"),
  },
  { op: "Upsample", opset: 9, inputs: [IMAGE, fixed(1, 1, 2, 2)], attributes: { mode: "linear" }, fault: drop("mode") },
  { ...recurrent("LSTM", 4), fault: drop("clip") },
  {
    ...recurrent("GRU", 3),
    attributes: { hidden_size: 5, direction: "bidirectional", linear_before_reset: 1 },
    fault: drop("linear_before_reset"),
  },
  { ...recurrent("RNN", 1), fault: drop("clip") },
  {
    op: "Attention",
    opset: 23,
    inputs: [f(2, 4, 5, 3), f(2, 4, 5, 3), f(2, 4, 5, 3)],
    attributes: { is_causal: 1 },
    fault: drop("is_causal"),
  },
  {
    op: "Attention",
    domain: MS,
    inputs: [f(2, 4, 6), w(6, 18), w(18)],
    attributes: { num_heads: 2, unidirectional: 1 },
    fault: drop("unidirectional"),
  },
  {
    op: "MultiHeadAttention",
    domain: MS,
    inputs: [f(2, 4, 6), f(2, 4, 6), f(2, 4, 6)],
    attributes: { num_heads: 2, scale: float(0.3) },
    fault: drop("scale"),
  },
  {
    op: "RotaryEmbedding",
    opset: 23,
    inputs: [f(2, 3, 4, 6), w(8, 3), w(8, 3), labels([2, 4], 0, 1, 2, 3, 4, 5, 6, 7)],
    attributes: { interleaved: 1 },
    fault: drop("interleaved"),
  },
  {
    op: "RotaryEmbedding",
    domain: MS,
    inputs: [f(2, 3, 4, 6), labels([2, 4], 0, 1, 2, 3, 4, 5, 6, 7), w(8, 3), w(8, 3)],
    attributes: { interleaved: 1 },
    fault: swap(2, 3),
  },
  { op: "Gelu", domain: MS, inputs: [f(9)], fault: like("FastGelu", MS) },
  { op: "BiasGelu", domain: MS, inputs: [f(3, 4), w(4)], fault: like("FastGelu", MS) },
  { op: "FastGelu", domain: MS, inputs: [f(3, 4), w(4)], fault: like("BiasGelu", MS) },
  { op: "QuickGelu", domain: MS, inputs: [f(9)], attributes: { alpha: float(1.3) }, fault: drop("alpha") },
  {
    op: "FusedGemm",
    domain: MS,
    inputs: [f(3, 3), f(3, 3), f(3)],
    attributes: { activation: "Relu" },
    fault: drop("activation"),
  },
  {
    op: "FusedConv",
    domain: MS,
    inputs: [IMAGE, w(4, 3, 3, 3), w(4)],
    attributes: { activation: "Tanh" },
    fault: ignore(2),
  },
  { op: "SkipLayerNormalization", domain: MS, inputs: [f(2, 3, 4), f(2, 3, 4), w(4), w(4)], fault: ignore(3) },
  { op: "SkipSimplifiedLayerNormalization", domain: MS, inputs: [f(2, 3, 4), f(2, 3, 4), w(4)], fault: twice(0, 1) },
  {
    op: "SimplifiedLayerNormalization",
    inputs: [f(2, 3, 4), w(4)],
    attributes: { epsilon: float(1e-2) },
    fault: drop("epsilon"),
  },
  {
    op: "SplitToSequence",
    inputs: [f(4, 4)],
    attributes: { axis: 1, keepdims: 1 },
    after: [join("o0")],
    fault: drop("axis"),
  },
  { op: "SequenceConstruct", inputs: [f(2, 3), f(2, 3)], after: [join("o0")], fault: swap(0, 1) },
  {
    op: "SequenceEmpty",
    inputs: [],
    after: [{ op: "SequenceInsert", inputs: ["o0", "x"], outputs: ["l"] }, join("l")],
    fault: {
      what: "it holds something",
      plant: (rule) => ({
        ...rule,
        import: (c) => ({
          elements: [reshape(c.scalar(1), [1])],
        }),
      }),
    },
  },
  {
    op: "SequenceAt",
    inputs: [f(2, 3), f(2, 3), f(2, 3), int(-1)],
    before: [list],
    names: ["list", "i3"],
    fault: {
      what: "positions count from the front only",
      plant: (rule) => ({ ...rule, import: (c) => c.sequence(0).elements[0] }),
    },
  },
  {
    op: "SequenceInsert",
    inputs: [f(2, 3), f(2, 3), f(2, 3), f(2, 3), int(1)],
    before: [list],
    names: ["list", "i3", "i4"],
    after: [join("o0")],
    fault: ignore(2),
  },
  {
    op: "SequenceErase",
    inputs: [f(2, 3), f(2, 3), f(2, 3), int(0)],
    before: [list],
    names: ["list", "i3"],
    after: [join("o0")],
    fault: ignore(1),
  },
  {
    op: "SequenceLength",
    inputs: [f(2, 3), f(2, 3), f(2, 3)],
    before: [list],
    names: ["list"],
    fault: {
      what: "it counts one less",
      plant: (rule) => ({ ...rule, import: (c) => c.graph.scalar(c.sequence(0).elements.length - 1, "int64") }),
    },
  },
  {
    op: "ConcatFromSequence",
    inputs: [f(2, 2), f(2, 2), f(2, 2)],
    before: [list],
    names: ["list"],
    attributes: { axis: 1, new_axis: 1 },
    fault: setInt("axis", 0),
  },
  { op: "SoftmaxCrossEntropyLoss", inputs: [f(4, 3), labels([4], 0, 2, 1, 1), fixed(0.5, 1, 2)], fault: ignore(2) },
  {
    op: "NegativeLogLikelihoodLoss",
    inputs: [f(4, 3), labels([4], 0, 2, 1, 1)],
    attributes: { ignore_index: 1 },
    fault: drop("ignore_index"),
  },
  {
    op: "If",
    inputs: [yes, f(3)],
    names: ["i0"],
    attributes: { then_branch: branch("Exp"), else_branch: branch("Neg") },
    fault: misread("the branches are swapped", (node) => {
      const then = node.attributes.get("then_branch");
      const otherwise = node.attributes.get("else_branch");
      if (!then || !otherwise) throw new RangeError("an If has two branches");
      return {
        ...node,
        attributes: new Map([
          ["then_branch", otherwise],
          ["else_branch", then],
        ]),
      };
    }),
  },
  {
    op: "Scan",
    inputs: [f(3), f(4, 3)],
    outputs: 2,
    attributes: { body: decay, num_scan_inputs: 1, scan_input_directions: [1] },
    fault: drop("scan_input_directions"),
  },
  {
    op: "Loop",
    inputs: [int(3), yes, f(3)],
    attributes: { body },
    fault: {
      what: "it runs once too often",
      plant: (rule) => ({
        ...rule,
        import: (c) =>
          rule.import(new NodeContext(c.node, rule, [c.graph.scalar(4, "int64"), ...c.items.slice(1)], c.host)),
      }),
    },
  },
];
