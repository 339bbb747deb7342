import { describe, expect, test } from "vitest";
import { againstRuntime, firstDifference } from "../../../test/support/against-runtime.ts";
import {
  float,
  modelBytes,
  tensorProto,
  valueInfo,
  type AttributeValue,
  type Elements,
  type NodeSpec,
} from "../../../test/support/onnx-model.ts";
import { createRandom } from "../../random/random-stream.ts";
import { sizeOf, type Shape } from "../../util/tensor.ts";

/*
 * One operator a row, run twice: by ONNX Runtime as it stands in the file, and after import,
 * decomposition and emission. The oracle is ONNX Runtime's own kernel of the operator.
 */

/** An operand: floats drawn at random for a shape, or given integers or truth values. */
interface Operand {
  readonly elements: Elements;
  readonly shape: Shape;
  readonly values?: readonly number[];
  /** Known when the model is read. */
  readonly constant?: boolean;
}

const f = (...shape: number[]): Operand => ({ elements: "float", shape });
const weight = (...shape: number[]): Operand => ({ elements: "float", shape, constant: true });
const positive = (...shape: number[]): Operand => ({
  elements: "float",
  shape,
  values: Array.from({ length: sizeOf(shape) }, (_, i) => 0.2 + ((i * 7) % 11) / 13),
});
const numbers = (...values: number[]): Operand => ({
  elements: "float",
  shape: [values.length],
  values,
  constant: true,
});
const number = (value: number): Operand => ({ elements: "float", shape: [], values: [value], constant: true });
const ints = (...values: number[]): Operand => ({ elements: "int64", shape: [values.length], values, constant: true });
const int = (value: number): Operand => ({ elements: "int64", shape: [], values: [value], constant: true });
const labels = (shape: Shape, ...values: number[]): Operand => ({ elements: "int64", shape, values });
const bools = (shape: Shape, ...values: number[]): Operand => ({ elements: "bool", shape, values });
const none = undefined;

interface Row {
  readonly op: string;
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly opset?: number;
  readonly domain?: string;
  readonly outputs?: readonly Elements[];
  readonly note?: string;
  readonly tolerance?: number;
}

const MS = "com.microsoft";
const IMAGE = f(2, 3, 7, 6);

function resizes(): Row[] {
  const rows: Row[] = [];
  for (const coordinate_transformation_mode of ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]) {
    for (const [mode, sizes] of [
      ["linear", [2, 3, 5, 9]],
      ["cubic", [2, 3, 11, 4]],
      ["linear", [2, 3, 1, 6]],
    ] as const) {
      rows.push({
        op: "Resize",
        inputs: [IMAGE, none, none, ints(...sizes)],
        attributes: { mode, coordinate_transformation_mode },
        tolerance: 2e-5,
      });
    }
    for (const nearest_mode of ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]) {
      rows.push({
        op: "Resize",
        inputs: [IMAGE, none, none, ints(2, 3, 12, 4)],
        attributes: { mode: "nearest", coordinate_transformation_mode, nearest_mode },
      });
    }
  }
  return rows;
}

const REDUCTIONS = [
  "ReduceSum",
  "ReduceMean",
  "ReduceMax",
  "ReduceMin",
  "ReduceProd",
  "ReduceL1",
  "ReduceL2",
  "ReduceSumSquare",
  "ReduceLogSum",
  "ReduceLogSumExp",
];

const ROWS: readonly Row[] = [
  // Shapes and movement
  {
    op: "Slice",
    inputs: [f(5, 6), ints(-1, 1), ints(-100, 5), ints(0, 1), ints(-2, 2)],
    note: "backwards and by steps",
  },
  { op: "Slice", inputs: [f(5, 6), ints(4), ints(-7), ints(-1), ints(-1)], note: "backwards to the first" },
  { op: "Slice", inputs: [f(5, 6), ints(1, 0), ints(9, 2)], note: "ends behind the end" },
  { op: "Slice", opset: 9, inputs: [f(5, 6)], attributes: { starts: [1, -3], ends: [4, 100], axes: [0, 1] } },
  { op: "Split", inputs: [f(7, 3)], attributes: { axis: 0, num_outputs: 3 }, outputs: ["float", "float", "float"] },
  { op: "Split", opset: 11, inputs: [f(2, 6)], attributes: { axis: -1, split: [1, 5] }, outputs: ["float", "float"] },
  { op: "Reshape", inputs: [f(2, 3, 4), ints(0, -1, 2)], note: "copies and fills extents" },
  { op: "Flatten", inputs: [f(2, 3, 4)], attributes: { axis: -1 } },
  { op: "Flatten", inputs: [f(2, 3, 4)], attributes: { axis: 0 } },
  { op: "Squeeze", inputs: [f(1, 3, 1, 2)] },
  { op: "Squeeze", inputs: [f(1, 3, 1, 2), ints(-2)] },
  { op: "Unsqueeze", inputs: [f(3, 2), ints(-1, 0)] },
  { op: "Unsqueeze", opset: 11, inputs: [f(3, 2)], attributes: { axes: [1, 3] } },
  { op: "Transpose", inputs: [f(2, 3, 4)] },
  { op: "Expand", inputs: [f(3, 1), ints(2, 1, 4)] },
  { op: "Tile", inputs: [f(2, 3), ints(2, 2)] },
  { op: "Concat", inputs: [f(2, 3), f(2, 1)], attributes: { axis: -1 } },
  { op: "Shape", inputs: [f(2, 3, 4, 5)], attributes: { start: -3, end: -1 }, outputs: ["int64"] },
  { op: "Size", inputs: [f(2, 3, 4)], outputs: ["int64"] },
  { op: "Trilu", inputs: [f(2, 4, 5), int(-1)], attributes: { upper: 0 } },
  { op: "Trilu", inputs: [f(4, 5), int(1)] },
  { op: "EyeLike", inputs: [f(3, 4)], attributes: { k: 1 } },
  { op: "DepthToSpace", inputs: [f(2, 12, 2, 3)], attributes: { blocksize: 2 } },
  { op: "DepthToSpace", inputs: [f(2, 12, 2, 3)], attributes: { blocksize: 2, mode: "CRD" } },
  { op: "SpaceToDepth", inputs: [f(2, 3, 4, 6)], attributes: { blocksize: 2 } },
  ...["constant", "reflect", "edge", "wrap"].map((mode) => ({
    op: "Pad",
    opset: 19,
    inputs: [f(3, 4), ints(1, 2, 2, 1)],
    attributes: { mode },
  })),
  { op: "Pad", inputs: [f(3, 4), ints(1, -1), number(-0.5), ints(1)], note: "one axis, cut and filled" },
  { op: "Pad", inputs: [f(3, 4), ints(1, 0, 0, 2), number(1.5)] },
  { op: "Pad", opset: 10, inputs: [f(3, 4)], attributes: { pads: [0, 1, 2, 0], value: float(0.25) } },
  {
    op: "Compress",
    inputs: [f(4, 3), bools([3], 1, 0, 1)].map((each, i) => (i === 1 ? { ...each, constant: true } : each)),
    attributes: { axis: 0 },
  },
  // Indexing
  { op: "Gather", inputs: [f(4, 3), labels([2, 2], 0, 3, 3, 1)], attributes: { axis: 0 } },
  { op: "Gather", inputs: [f(4, 5), ints(-1, 1, 3)], attributes: { axis: 1 } },
  { op: "Gather", inputs: [f(4, 5), int(-2)], attributes: { axis: 1 } },
  { op: "GatherElements", inputs: [f(3, 4), labels([3, 2], 0, -1, 2, 2, 1, 3)], attributes: { axis: 1 } },
  { op: "GatherND", inputs: [f(3, 4, 2), labels([2, 2], 0, 1, -1, 3)] },
  { op: "GatherND", inputs: [f(2, 3, 4), labels([2, 1], 1, 2)], attributes: { batch_dims: 1 } },
  { op: "ScatterND", inputs: [f(4, 3), labels([2, 1], 3, 0), f(2, 3)] },
  { op: "ScatterND", inputs: [f(4, 3), labels([3, 1], 3, 0, 3), f(3, 3)], attributes: { reduction: "add" } },
  { op: "ScatterND", inputs: [f(4, 3), labels([3, 1], 3, 0, 3), f(3, 3)], note: "indices of the data repeat" },
  { op: "ScatterND", inputs: [f(4, 3), { ...labels([3, 1], -1, 0, 3), constant: true }, f(3, 3)], note: "repeats" },
  { op: "ScatterND", inputs: [f(2, 3, 2), labels([4, 2], 1, 2, 0, -1, -1, 2, 0, 2), f(4, 2)], note: "two axes" },
  { op: "ScatterElements", inputs: [f(2, 4), labels([2, 3], 1, 1, -3, 0, 3, 0), f(2, 3)], attributes: { axis: 1 } },
  {
    op: "ScatterElements",
    inputs: [f(2, 4), { ...labels([2, 3], 1, 1, -3, 0, 3, 0), constant: true }, f(2, 3)],
    attributes: { axis: 1 },
  },
  { op: "ScatterElements", inputs: [weight(3), labels([2], 1, 1), f(2)], note: "into a constant" },
  { op: "Compress", inputs: [f(3, 4), { ...bools([5], 0, 1, 0, 1, 1), constant: true }], note: "no axis" },
  { op: "ReduceProd", inputs: [f(2, 0, 4), ints(1)], note: "of nothing" },
  { op: "LpNormalization", inputs: [{ ...f(2, 3), values: [0, 0, 0, 3, -4, 0] }], note: "a zero row" },
  { op: "LpNormalization", inputs: [{ ...f(2, 3), values: [0, 0, 0, 3, -4, 0] }], attributes: { p: 1, axis: 1 } },
  { op: "IsInf", inputs: [{ ...f(4), values: [Infinity, -Infinity, NaN, 1] }], attributes: { detect_negative: 0 } },
  { op: "IsInf", inputs: [{ ...f(4), values: [Infinity, -Infinity, NaN, 1] }], attributes: { detect_positive: 0 } },
  {
    op: "MaxPool",
    inputs: [{ elements: "uint8", shape: [1, 1, 4, 4], values: Array.from({ length: 16 }, (_, i) => (i * 83) % 256) }],
    attributes: { kernel_shape: [2, 2], strides: [1, 1], pads: [1, 0, 0, 1] },
  },
  { op: "Cast", inputs: [labels([4], 300, -1, 127, 200)], attributes: { to: 2 }, note: "to uint8" },
  { op: "Cast", inputs: [labels([4], 300, -1, 127, 200)], attributes: { to: 3 }, note: "to int8" },
  { op: "Cast", inputs: [labels([3], 2 ** 31, -1, 5)], attributes: { to: 6 }, note: "to int32" },
  ...["RNN", "GRU", "LSTM"].flatMap((op, kind) =>
    ["forward", "reverse", "bidirectional"].map((direction): Row => {
      const d = direction === "bidirectional" ? 2 : 1;
      const rows = [1, 3, 4][kind] * 3;
      return {
        op,
        inputs: [
          f(4, 3, 2),
          weight(d, rows, 2),
          weight(d, rows, 3),
          weight(d, 2 * rows),
          { elements: "int32", shape: [3], values: [2, 4, 1] },
          f(d, 3, 3),
        ],
        attributes: { hidden_size: 3, direction },
        outputs: op === "LSTM" ? ["float", "float", "float"] : ["float", "float"],
        note: "lengths of the data",
      };
    }),
  ),
  {
    op: "RotaryEmbedding",
    domain: MS,
    inputs: [f(2, 1, 3, 4), labels([1], 2), weight(8, 2), weight(8, 2)],
    note: "positions from an offset of the data",
  },
  ...[23, 24].map((opset): Row => ({
    op: "Attention",
    opset,
    inputs: [f(2, 2, 3, 4), f(2, 1, 2, 4), f(2, 1, 2, 4), none, f(2, 1, 4, 4), f(2, 1, 4, 4)],
    attributes: { is_causal: 1 },
    outputs: ["float", "float", "float"],
    note: "causal behind a past",
  })),
  ...[false, true].flatMap((causal) =>
    [
      [labels([2], 3, 1)],
      [labels([2], 5, 2), f(3, 5)],
      [labels([2], 2, 1), bools([3, 5], 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0)],
      [labels([2], 3, 2), f(2, 1, 3, 5)],
    ].map(([counts, mask]): Row => ({
      op: "Attention",
      opset: 24,
      inputs: [f(2, 2, 3, 4), f(2, 1, 5, 4), f(2, 1, 5, 4), mask, none, none, counts],
      attributes: { is_causal: Number(causal) },
      note: causal ? "causal, filled keys" : "filled keys",
    })),
  ),
  { op: "ScatterElements", inputs: [f(3, 4), labels([2, 2], 0, -1, 2, 1), f(2, 2)], attributes: { axis: 1 } },
  {
    op: "ScatterElements",
    inputs: [f(3, 4), labels([2, 2], 1, 1, 2, 1), f(2, 2)],
    attributes: { axis: 1, reduction: "add" },
  },
  { op: "OneHot", inputs: [{ ...f(4), values: [0, -1, 2, 1] }, number(3), numbers(0.5, 2)], note: "of floats" },
  { op: "OneHot", inputs: [labels([2, 2], 0, -1, 2, 1), int(3), numbers(0.5, 2)], attributes: { axis: 1 } },
  ...["mul", "max", "min"].flatMap((reduction): Row[] => [
    {
      op: "ScatterElements",
      inputs: [f(2, 4), { ...labels([2, 5], 1, 1, -3, 0, 3, 0, 0, 0, 2, 3), constant: true }, f(2, 5)],
      attributes: { axis: 1, reduction },
    },
    {
      op: "ScatterElements",
      inputs: [f(2, 4), labels([3, 4], 1, 1, -1, 0, 1, 0, 0, 0, 1, 1, 0, -2), f(3, 4)],
      attributes: { axis: 0, reduction },
      note: `${reduction} by indices of the data`,
    },
    { op: "ScatterND", inputs: [f(4, 3), labels([3, 1], 3, 0, 3), f(3, 3)], attributes: { reduction } },
    {
      op: "ScatterND",
      inputs: [f(2, 3, 2), { ...labels([4, 2], 1, 2, 0, -1, -1, 2, 0, 2), constant: true }, f(4, 2)],
      attributes: { reduction },
    },
    {
      op: "ScatterElements",
      inputs: [labels([4], 3, -1, 2, 5), labels([3], 0, 0, 2), labels([3], 2, 7, -4)],
      attributes: { reduction },
      outputs: ["int64"],
      note: `${reduction} of integers`,
    },
  ]),
  ...["linear", "circular"].map((mode): Row => ({
    op: "TensorScatter",
    opset: 24,
    inputs: [f(2, 4, 3), f(2, 2, 3), labels([2], 1, mode === "linear" ? 2 : 3)],
    attributes: { mode },
  })),
  { op: "CenterCropPad", inputs: [f(5, 4, 3), ints(2, 7)], attributes: { axes: [0, -2] } },
  { op: "Hardmax", opset: 11, inputs: [f(2, 3, 4)] },
  { op: "Hardmax", inputs: [f(2, 3, 4)], attributes: { axis: 1 } },
  ...["BitwiseAnd", "BitwiseOr", "BitwiseXor"].map((op): Row => ({
    op,
    inputs: [labels([2, 3], -7, 12, 0, 255, -1, 9), labels([3], 10, -6, 5)],
    outputs: ["int64"],
  })),
  { op: "BitwiseNot", inputs: [labels([4], -7, 12, 0, 255)], outputs: ["int64"] },
  { op: "BitwiseNot", inputs: [{ ...labels([4], 7, 12, 0, 255), elements: "uint8" }], outputs: ["uint8"] },
  ...["LEFT", "RIGHT"].map((direction): Row => ({
    op: "BitShift",
    inputs: [
      [7, 200, 3, 255, 9],
      [1, 2, 7, 8, 0],
    ].map((values) => ({ ...labels([5], ...values), elements: "uint8" as const })),
    attributes: { direction },
    outputs: ["uint8"],
    note: `${direction}, all bits of one`,
  })),
  {
    op: "Unique",
    inputs: [{ ...labels([3, 4], 2, 1, 2, 2, 0, 5, 0, 0, 2, 1, 2, 2), constant: true }],
    attributes: { axis: 1, sorted: 0 },
    outputs: ["int64", "int64", "int64", "int64"],
  },
  // Arithmetic
  ...[0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse): Row => ({
      op: "CumProd",
      opset: 26,
      inputs: [
        { ...f(3, 5), values: Array.from({ length: 15 }, (_, i) => ((i * 7) % 5) - 1.5 + (i === 6 ? 0.5 : 0)) },
        int(1),
      ],
      attributes: { exclusive, reverse },
    })),
  ),
  { op: "Mod", inputs: [f(6), positive(6)], attributes: { fmod: 1 } },
  { op: "Mod", inputs: [labels([4], -7, 7, -6, 5), labels([4], 3, -3, 4, 2)], outputs: ["int64"] },
  { op: "Div", inputs: [labels([4], -7, 7, -6, 5), labels([4], 3, -3, 4, 2)], outputs: ["int64"] },
  { op: "Mean", inputs: [f(2, 3), f(3), f(2, 1)] },
  { op: "Max", inputs: [f(2, 3), f(3), f(2, 1)] },
  { op: "Min", inputs: [f(2, 3), f(3)] },
  { op: "Pow", inputs: [positive(2, 3), f(3)] },
  { op: "Clip", inputs: [f(9), number(-0.5), none] },
  { op: "Clip", opset: 9, inputs: [f(9)], attributes: { max: float(0.5) } },
  ...["Asin", "Acos", "Atan", "Atanh", "Sinh", "Cosh", "Asinh", "Tan"].map((op) => ({ op, inputs: [positive(6)] })),
  { op: "Asinh", inputs: [f(7)] },
  { op: "Round", inputs: [{ elements: "float" as const, shape: [5], values: [0.5, 1.5, 2.5, -0.5, -1.2] }] },
  { op: "Shrink", inputs: [f(9)], attributes: { lambd: float(0.4), bias: float(0.1) } },
  { op: "Celu", inputs: [f(9)], attributes: { alpha: float(0.7) } },
  { op: "HardSigmoid", inputs: [f(9)] },
  { op: "ThresholdedRelu", inputs: [f(9)], attributes: { alpha: float(0.3) } },
  { op: "PRelu", inputs: [f(2, 3, 4), weight(3, 1)] },
  { op: "Selu", inputs: [f(9)] },
  { op: "HardSwish", inputs: [f(9)] },
  { op: "Gelu", opset: 20, inputs: [f(9)], attributes: { approximate: "tanh" } },
  // Reductions
  ...REDUCTIONS.flatMap((op): Row[] => [
    { op, inputs: [positive(2, 3, 4), ints(0, -1)] },
    { op, inputs: [positive(2, 3, 4)], attributes: { keepdims: 0 } },
    { op, opset: 11, inputs: [positive(2, 3, 4)], attributes: { axes: [-2], keepdims: 0 } },
    { op: op, inputs: [positive(2, 3)], attributes: { noop_with_empty_axes: 1 }, note: "reduces nothing" },
  ]),
  {
    op: "ArgMax",
    inputs: [labels([2, 3], 1, 5, 5, 4, 4, 2)].map((each) => ({ ...each, elements: "float" as const })),
    attributes: { axis: 1, select_last_index: 1 },
    outputs: ["int64"],
  },
  { op: "ArgMin", inputs: [f(3, 4)], attributes: { axis: 0, keepdims: 0 }, outputs: ["int64"] },
  { op: "CumSum", inputs: [f(3, 4), int(1)], attributes: { exclusive: 1, reverse: 1 } },
  { op: "TopK", inputs: [f(3, 6), ints(2)], attributes: { axis: 1 }, outputs: ["float", "int64"] },
  { op: "TopK", inputs: [f(5, 3), ints(3)], attributes: { axis: 0, largest: 0 }, outputs: ["float", "int64"] },
  // Products
  { op: "MatMul", inputs: [f(3), f(3)] },
  { op: "MatMul", inputs: [f(3), f(2, 3, 4)] },
  { op: "MatMul", inputs: [f(2, 4, 3), f(3)] },
  { op: "MatMul", inputs: [f(2, 1, 4, 3), f(3, 3, 2)] },
  {
    op: "Gemm",
    inputs: [f(3, 4), f(5, 3), f(4, 1)],
    attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) },
  },
  ...["bij,bjk->bik", "ij,jk", "bhid,bhjd->bhij", "ij->ji", "ii->i", "ij->"].map((equation): Row => ({
    op: "Einsum",
    inputs: equation.includes("bh")
      ? [f(2, 2, 3, 4), f(2, 2, 5, 4)]
      : equation.startsWith("b")
        ? [f(2, 3, 4), f(2, 4, 5)]
        : equation.includes(",")
          ? [f(3, 4), f(4, 2)]
          : [f(3, 3)],
    attributes: { equation },
    note: equation,
  })),
  { op: "Einsum", inputs: [f(2, 3, 4), f(4, 5)], attributes: { equation: "...j,jk->...k" }, note: "...j,jk->...k" },
  { op: "Einsum", inputs: [f(3), f(4)], attributes: { equation: "i,j->ij" }, note: "i,j->ij" },
  {
    op: "FusedMatMul",
    domain: MS,
    inputs: [f(2, 4, 3), f(2, 5, 4)],
    attributes: { transA: 1, transB: 1, alpha: float(0.5) },
  },
  {
    op: "DeformConv",
    opset: 19,
    inputs: [f(2, 4, 5, 6), weight(6, 2, 2, 3), f(2, 24, 4, 3), weight(6), f(2, 12, 4, 3)],
    attributes: { group: 2, offset_group: 2, pads: [1, 0, 0, 1], strides: [1, 2], dilations: [2, 1] },
  },
  // Spectra
  ...[17, 20].flatMap((opset) =>
    [0, 1].flatMap((inverse): Row[] => {
      const along: Record<string, number> = opset === 17 ? { axis: 1 } : {};
      return [
        {
          op: "DFT",
          opset,
          inputs: [f(2, 6, 1)],
          attributes: { ...along, inverse },
          note: `of real numbers, ${inverse}`,
        },
        {
          op: "DFT",
          opset,
          inputs: [f(2, 5, 3, 2), int(7), ...(opset === 20 ? [int(1)] : [])],
          attributes: { ...along, inverse },
        },
      ];
    }),
  ),
  { op: "DFT", opset: 20, inputs: [f(2, 4, 2)], attributes: { inverse: 1, onesided: 1 } },
  { op: "DFT", opset: 20, inputs: [f(2, 7, 1), int(6)], attributes: { onesided: 1 } },
  { op: "STFT", inputs: [f(2, 11, 1), int(3), weight(5), int(5)] },
  { op: "STFT", inputs: [f(2, 11, 1), int(2), none, int(4)], attributes: { onesided: 0 } },
  ...["HannWindow", "HammingWindow", "BlackmanWindow"].flatMap((op) =>
    [0, 1].map((periodic): Row => ({ op, inputs: [int(7)], attributes: { periodic } })),
  ),
  { op: "MelWeightMatrix", inputs: [int(8), int(64), int(16000), number(20), number(8000)] },
  // Convolutions and pooling
  ...["SAME_UPPER", "SAME_LOWER", "VALID"].flatMap((auto_pad): Row[] => [
    { op: "Conv", inputs: [IMAGE, weight(4, 3, 2, 3)], attributes: { auto_pad, strides: [2, 1] } },
    { op: "MaxPool", inputs: [IMAGE], attributes: { auto_pad, kernel_shape: [2, 3], strides: [2, 2] } },
    { op: "AveragePool", inputs: [IMAGE], attributes: { auto_pad, kernel_shape: [2, 3], strides: [2, 2] } },
  ]),
  {
    op: "AveragePool",
    inputs: [IMAGE],
    attributes: { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1], count_include_pad: 1 },
  },
  {
    op: "AveragePool",
    inputs: [IMAGE],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
  },
  { op: "AveragePool", opset: 19, inputs: [IMAGE], attributes: { kernel_shape: [2, 2], dilations: [2, 2] } },
  {
    op: "MaxPool",
    inputs: [IMAGE],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
  },
  ...[0, 1].map((storage_order): Row => ({
    op: "MaxPool",
    inputs: [IMAGE],
    attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1], storage_order },
    outputs: ["float", "int64"],
  })),
  { op: "MaxPool", inputs: [f(2, 3, 9)], attributes: { kernel_shape: [3] }, outputs: ["float", "int64"] },
  {
    op: "Col2Im",
    inputs: [f(2, 12, 9), ints(4, 5), ints(2, 3)],
    attributes: { strides: [1, 2], pads: [0, 1, 1, 2], dilations: [2, 1] },
  },
  {
    op: "MaxUnpool",
    inputs: [f(2, 1, 2, 2), labels([2, 1, 2, 2], 5, 7, 13, 15, 16, 19, 26, 29)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  ...["avg", "max"].flatMap((mode) =>
    ["half_pixel", "output_half_pixel"].flatMap((coordinate_transformation_mode) =>
      [0, 2].map((sampling_ratio): Row => ({
        op: "RoiAlign",
        inputs: [
          f(2, 3, 6, 7),
          {
            elements: "float",
            shape: [4, 4],
            values: [0.3, 0.7, 5.1, 4.4, -3, 1, 2.2, 9.5, 6, 5, 2, 1, 1.3, 1.7, 1.9, 2.1],
            constant: sampling_ratio === 0,
          },
          labels([4], 0, 1, 1, 0),
        ],
        attributes: {
          mode,
          coordinate_transformation_mode,
          sampling_ratio,
          output_height: 2,
          output_width: 3,
          spatial_scale: float(0.75),
        },
        tolerance: 5e-6,
      })),
    ),
  ),
  { op: "MaxPool", inputs: [f(2, 3, 9)], attributes: { kernel_shape: [3], strides: [2] } },
  { op: "LpPool", opset: 18, inputs: [IMAGE], attributes: { kernel_shape: [2, 2], strides: [2, 2], p: 3 } },
  { op: "GlobalLpPool", inputs: [IMAGE] },
  { op: "GlobalMaxPool", inputs: [IMAGE] },
  {
    op: "Conv",
    inputs: [f(1, 2, 4, 5, 4), weight(4, 1, 2, 2, 2), weight(4)],
    attributes: { group: 2, pads: [0, 1, 0, 1, 0, 1] },
  },
  {
    op: "ConvTranspose",
    inputs: [f(2, 4, 5), weight(4, 3, 3), weight(3)],
    attributes: { strides: [2], pads: [1, 0], output_padding: [1] },
  },
  {
    op: "ConvTranspose",
    inputs: [f(1, 4, 3, 3), weight(4, 2, 3, 3)],
    attributes: { group: 2, strides: [2, 2], auto_pad: "SAME_UPPER" },
  },
  {
    op: "ConvTranspose",
    inputs: [f(1, 2, 3, 3), weight(2, 2, 3, 3)],
    attributes: { strides: [3, 2], output_shape: [10, 8] },
  },
  { op: "ConvTranspose", inputs: [f(1, 2, 3, 3), weight(2, 2, 2, 2)], attributes: { dilations: [2, 2] } },
  ...resizes(),
  { op: "Det", inputs: [f(2, 3, 3)] },
  { op: "Det", inputs: [f(5, 5)], note: "one matrix" },
  ...["nearest", "linear", "cubic"].map((mode): Row => ({
    op: "Resize",
    inputs: [IMAGE, numbers(0, 0, 0.4, -0.1, 1, 1, 1.2, 0.8), none, ints(2, 3, 5, 4)],
    attributes: { mode, coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: float(0.5) },
    tolerance: 2e-5,
    note: "a region that leaves the image",
  })),
  {
    op: "BatchNormalization",
    opset: 15,
    inputs: [IMAGE, weight(3), weight(3), weight(3), { ...positive(3), constant: true }],
    attributes: { training_mode: 1, momentum: float(0.7) },
    outputs: ["float", "float", "float"],
    note: "and the statistics that training writes",
    tolerance: 2e-5,
  },
  { op: "Resize", inputs: [IMAGE, none, numbers(1, 1, 1.7, 0.6)], attributes: { mode: "linear" }, tolerance: 2e-5 },
  {
    op: "Resize",
    inputs: [IMAGE, none, none, ints(2, 3, 10, 5)],
    attributes: { mode: "cubic", exclude_outside: 1 },
    tolerance: 2e-5,
  },
  {
    op: "Resize",
    opset: 18,
    inputs: [IMAGE, none, none, ints(2, 3, 3, 3)],
    attributes: { mode: "linear", antialias: 1, exclude_outside: 1 },
    tolerance: 2e-5,
  },
  {
    op: "Resize",
    opset: 18,
    inputs: [IMAGE, none, none, ints(2, 3, 3, 3)],
    attributes: { mode: "linear", antialias: 1 },
    tolerance: 2e-5,
  },
  {
    op: "Resize",
    opset: 18,
    inputs: [IMAGE, none, none, ints(14, 14)],
    attributes: { mode: "linear", axes: [2, 3], keep_aspect_ratio_policy: "not_larger" },
    tolerance: 2e-5,
  },
  { op: "Upsample", opset: 9, inputs: [IMAGE, numbers(1, 1, 2, 3)] },
  { op: "Upsample", opset: 9, inputs: [IMAGE, numbers(1, 1, 2, 2)], attributes: { mode: "linear" }, tolerance: 2e-5 },
  // Normalisation
  { op: "LRN", inputs: [f(2, 5, 3, 3)], attributes: { size: 3, alpha: float(0.5), bias: float(2) } },
  { op: "LpNormalization", inputs: [f(3, 4)], attributes: { axis: 0, p: 1 } },
  {
    op: "LayerNormalization",
    inputs: [f(2, 3, 4), weight(3, 4), weight(3, 4)],
    attributes: { axis: 1 },
    outputs: ["float", "float", "float"],
    opset: 17,
  },
  { op: "InstanceNormalization", inputs: [f(2, 3, 5), weight(3), weight(3)] },
  { op: "GroupNormalization", opset: 21, inputs: [f(2, 6, 3, 3), weight(6), weight(6)], attributes: { num_groups: 3 } },
  { op: "RMSNormalization", opset: 23, inputs: [f(2, 3, 4), weight(4)] },
  { op: "Softmax", opset: 11, inputs: [f(2, 3, 4)] },
  { op: "LogSoftmax", opset: 11, inputs: [f(2, 3, 4)], attributes: { axis: 0 } },
  { op: "Softmax", inputs: [f(2, 3, 4)], attributes: { axis: 1 } },
  ...["NONE", "LOGISTIC", "SOFTMAX"].map((post_transform): Row => ({
    op: "LinearClassifier",
    domain: "ai.onnx.ml",
    inputs: [f(5, 2)],
    attributes: {
      coefficients: [0.5, -1, 2, 1, 0.25, -0.75].map(float),
      intercepts: [0.5, -0.25, 0.125].map(float),
      classlabels_ints: [4, 2, 9],
      post_transform,
    },
    outputs: ["int64", "float"],
  })),
  {
    op: "LinearRegressor",
    domain: "ai.onnx.ml",
    inputs: [f(5, 3)],
    attributes: { coefficients: [0.5, -1, 2].map(float), intercepts: [0.5].map(float) },
  },
  {
    op: "Normalizer",
    domain: "ai.onnx.ml",
    inputs: [{ ...f(2, 3), values: [0, 0, 0, 3, -4, 0] }],
    attributes: { norm: "L2" },
  },
  // Losses
  {
    op: "SoftmaxCrossEntropyLoss",
    inputs: [f(4, 3), labels([4], 0, 2, 1, 1), numbers(0.5, 1, 2)],
    outputs: ["float", "float"],
  },
  {
    op: "SoftmaxCrossEntropyLoss",
    inputs: [f(4, 3), labels([4], 0, 2, 1, 1)],
    attributes: { ignore_index: 1, reduction: "mean" },
  },
  {
    op: "SoftmaxCrossEntropyLoss",
    inputs: [f(2, 3, 4), labels([2, 4], 0, 2, 1, 1, 0, 0, 2, 1)],
    attributes: { reduction: "none" },
  },
  {
    op: "NegativeLogLikelihoodLoss",
    inputs: [f(4, 3), labels([4], 0, 2, 1, 1), numbers(0.5, 1, 2)],
    attributes: { reduction: "sum", ignore_index: 2 },
  },
  // Recurrent
  ...(["forward", "reverse", "bidirectional"] as const).flatMap((direction): Row[] => {
    const d = direction === "bidirectional" ? 2 : 1;
    const make = (op: string, gates: number, attributes: Record<string, AttributeValue> = {}): Row => ({
      op,
      opset: 14,
      inputs: [f(4, 2, 3), weight(d, gates * 5, 3), weight(d, gates * 5, 5), weight(d, 2 * gates * 5)],
      attributes: { hidden_size: 5, direction, ...attributes },
      outputs: op === "LSTM" ? ["float", "float", "float"] : ["float", "float"],
    });
    return [
      make("LSTM", 4),
      make("LSTM", 4, { clip: float(0.4) }),
      make("GRU", 3),
      make("GRU", 3, { linear_before_reset: 1 }),
      make("RNN", 1),
      make("RNN", 1, { clip: float(0.3) }),
      make("GRU", 3, { clip: float(0.3) }),
      make("RNN", 1, { activations: Array.from({ length: d }, () => "Relu") }),
    ];
  }),
  // Rounding up adds more padding behind dilated windows than a kernel is wide.
  {
    op: "MaxPool",
    inputs: [f(1, 2, 7, 5)],
    attributes: { kernel_shape: [2, 2], strides: [3, 2], ceil_mode: 1, dilations: [2, 1] },
  },
  // Attention
  {
    op: "Attention",
    opset: 23,
    inputs: [f(2, 4, 5, 3), f(2, 2, 6, 3), f(2, 2, 6, 3), f(5, 6)],
    attributes: { softcap: float(2) },
  },
  {
    op: "RotaryEmbedding",
    opset: 23,
    inputs: [f(2, 3, 4, 6), weight(8, 3), weight(8, 3), labels([2, 4], 0, 1, 2, 3, 4, 5, 6, 7)],
    attributes: { interleaved: 1 },
  },
  {
    op: "RotaryEmbedding",
    opset: 23,
    inputs: [f(2, 4, 18), weight(2, 4, 2), weight(2, 4, 2)],
    attributes: { num_heads: 3, rotary_embedding_dim: 4 },
  },
  {
    op: "MultiHeadAttention",
    domain: MS,
    inputs: [f(2, 4, 6), f(2, 5, 6), f(2, 5, 6), weight(18)],
    attributes: { num_heads: 2 },
  },
  { op: "QuickGelu", domain: MS, inputs: [f(9)] },
  { op: "BiasGelu", domain: MS, inputs: [f(3, 4), weight(4)] },
  { op: "SkipSimplifiedLayerNormalization", domain: MS, inputs: [f(2, 3, 4), f(2, 3, 4), weight(4)] },
  // Logic
  { op: "IsInf", inputs: [f(4)], outputs: ["bool"] },
  { op: "Xor", inputs: [bools([4], 1, 0, 1, 0), bools([4], 1, 1, 0, 0)], outputs: ["bool"] },
  { op: "Where", inputs: [bools([2, 1], 1, 0), f(2, 3), f(3)] },
];

/** Random numbers of a fixed stream, so that rows do not depend on one another. */
function valuesOf(operand: Operand, key: string): readonly number[] {
  return operand.values ?? Array.from(createRandom(7).split(key).normalVector(sizeOf(operand.shape)), Math.fround);
}

function title({ op, opset, attributes = {}, inputs, note }: Row): string {
  const text = Object.entries(attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const shapes = inputs.map((each) => (each ? `[${each.shape.join()}]` : "-")).join(" ");
  return `${op}${opset ? ` (opset ${opset})` : ""} ${note ?? text.join(" ")} ${shapes}`;
}

async function check(row: Row): Promise<void> {
  const key = title(row);
  const names = row.inputs.map((each, i) => (each ? `i${i}` : ""));
  const outputs = (row.outputs ?? ["float"]).map((elements, i) => valueInfo(`o${i}`, elements, []));
  const node: NodeSpec = {
    op: row.op,
    domain: row.domain,
    inputs: names,
    outputs: outputs.map(({ name }) => name),
    attributes: row.attributes,
  };
  const present = row.inputs.flatMap((operand, i) =>
    operand ? [{ name: names[i], operand, values: valuesOf(operand, `${key} ${i}`) }] : [],
  );
  const bytes = modelBytes({
    opset: row.opset ?? 18,
    nodes: [node],
    inputs: present
      .filter(({ operand }) => !operand.constant)
      .map(({ name, operand }) => valueInfo(name, operand.elements, operand.shape)),
    // Without declared shapes, so that the runtime infers them.
    outputs: outputs.map((each) => ({ ...each, type: undefined })),
    initializers: present
      .filter(({ operand }) => operand.constant)
      .map(({ name, operand, values }) => tensorProto(name, operand.elements, operand.shape, values)),
  });
  const feeds = new Map(
    present
      .filter(({ operand }) => !operand.constant)
      .map(({ name, operand, values }) => [name, { ...operand, values }]),
  );
  const outcome = await againstRuntime(bytes, feeds);
  if (outcome.kind !== "compared") throw new Error(JSON.stringify(outcome));
  for (const name of outcome.ours.keys()) expect(outcome.theirs.has(name)).toBe(true);
  expect(firstDifference(outcome.ours, outcome.theirs, row.tolerance ?? 2e-6)).toBeUndefined();
}

describe("operators agree with ONNX Runtime's own kernels", () => {
  for (const row of ROWS) test(title(row), () => check(row));
});
