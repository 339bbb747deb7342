import { describe, expect, test } from "vitest";
import {
  modelBytes,
  tensorProto,
  valueInfo,
  type AttributeValue,
  type NodeSpec,
} from "../../test/support/onnx-model.ts";
import { decodeModel, type ModelFile } from "./decode-model.ts";

/** Random numbers, the same for the same seed. */
const random = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, i) => Math.fround(Math.sin(12.9898 * (i + 3) * seed) * 1.7));
const filled = (count: number, value: number) => new Array<number>(count).fill(value);
const range = (count: number, from = 0, step = 1) => Array.from({ length: count }, (_, i) => from + i * step);
const eye = (n: number) => Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) === i % n ? 1 : 0));
const sinusoids = (rows: number) =>
  Array.from({ length: rows * 4 }, (_, k) =>
    (k % 2 === 0 ? Math.sin : Math.cos)(Math.floor(k / 4) / 10 ** ((k % 4) >> 1)),
  );

type Stored = readonly [shape: readonly number[], values?: readonly number[]];

interface Row {
  readonly what: string;
  /** "MatMul x w -> h", with attributes behind "|" as JSON; "_" is an input left out. */
  readonly nodes: readonly string[];
  readonly tensors?: Readonly<Record<string, Stored>>;
  /** Tensors in Constant nodes. */
  readonly constants?: Readonly<Record<string, Stored>>;
  readonly integers?: Readonly<Record<string, readonly number[]>>;
  readonly x?: readonly (number | string)[];
  readonly producer?: string;
  readonly parameters: readonly string[];
  /** Trained, although the file does not say so. */
  readonly doubtful?: readonly string[];
  /** Held constant, but could have been trained. */
  readonly open?: readonly string[];
}

function nodeOf(text: string): NodeSpec {
  const [call, attributes = "{}"] = text.split(" | ");
  const [left, right] = call.split(" -> ");
  const [op, ...inputs] = left.split(" ");
  const parsed: Record<string, AttributeValue> = JSON.parse(attributes);
  return {
    op,
    inputs: inputs.map((each) => (each === "_" ? "" : each)),
    outputs: right.split(" "),
    attributes: parsed,
  };
}

function read(row: Row): ModelFile {
  const stored = ([name, [shape, values]]: [string, Stored]) =>
    tensorProto(
      name,
      "float",
      shape,
      values ??
        random(
          shape.reduce((a, b) => a * b, 1),
          seedOf(name),
        ),
    );
  const seedOf = (name: string) => name.split("").reduce((sum, each) => sum + each.charCodeAt(0) / 64, 0);
  const constants = Object.entries(row.constants ?? {}).map((each): NodeSpec => ({
    op: "Constant",
    inputs: [],
    outputs: [each[0]],
    attributes: { value: stored(each) },
  }));
  return decodeModel(
    modelBytes({
      opset: 23,
      producer: row.producer ?? "pytorch",
      inputs: [valueInfo("x", "float", row.x ?? ["N", 4]), valueInfo("labels", "int64", ["N"])],
      outputs: [valueInfo("y", "float", ["N", 4])],
      nodes: [...constants, ...row.nodes.map(nodeOf)],
      initializers: [
        ...Object.entries(row.tensors ?? {}).map(stored),
        ...Object.entries(row.integers ?? {}).map(([name, values]) =>
          tensorProto(name, "int64", [values.length], values),
        ),
      ],
    }),
    { file: "m.onnx" },
  );
}

const W: Stored = [[4, 4]];

const ROWS: readonly Row[] = [
  // Weights whatever their values are.
  ...Object.entries({
    positions: range(16),
    "a straight line": range(16, -1, 0.125),
    identity: eye(4),
    zeros: filled(16, 0),
    ones: filled(16, 1),
    sinusoids: sinusoids(4),
    "zeros and ones": range(16).map((i) => i % 2),
    powers: range(16).map((i) => 0.5 ** i),
  }).map(([what, values]): Row => ({
    what: `the weight of MatMul: ${what}`,
    nodes: ["MatMul x w -> y"],
    tensors: { w: [[4, 4], values] },
    parameters: ["w"],
    // Of a formula, under a name that is none of a layer's.
    doubtful: what === "zeros" || what === "ones" ? [] : ["w"],
  })),
  {
    what: "zero bias behind MatMul",
    nodes: ["MatMul x w -> h", "Add h b -> y"],
    tensors: { w: W, b: [[4], filled(4, 0)] },
    parameters: ["w", "b"],
  },
  {
    what: "bias behind MatMul that counts up",
    nodes: ["MatMul x w -> h", "Add b h -> y"],
    tensors: { w: W, b: [[4], range(4)] },
    parameters: ["w", "b"],
    doubtful: ["b"],
  },
  {
    what: "all-ones kernel",
    x: ["N", 1, 4, 4],
    nodes: ["Conv x k -> y"],
    tensors: { k: [[1, 1, 2, 2], filled(4, 1)] },
    doubtful: ["k"],
    parameters: ["k"],
  },
  {
    what: "embedding of ones",
    nodes: ['Cast x -> i | {"to":7}', "Gather e i -> y"],
    tensors: { e: [[5, 4], filled(20, 1)] },
    parameters: ["e"],
  },
  {
    what: "embedding that is the identity",
    nodes: ['Cast x -> i | {"to":7}', "Gather e.weight i -> y"],
    tensors: { "e.weight": [[4, 4], eye(4)] },
    parameters: ["e.weight"],
  },
  {
    what: "Einsum of the identity",
    nodes: ['Einsum x w -> y | {"equation":"ni,ij->nj"}'],
    tensors: { w: [[4, 4], eye(4)] },
    doubtful: ["w"],
    parameters: ["w"],
  },
  {
    what: "slopes of PRelu, all equal",
    nodes: ["PRelu x a -> y"],
    tensors: { a: [[4], filled(4, 0.25)] },
    parameters: ["a"],
  },
  { what: "a slope of one element", nodes: ["PRelu x a -> y"], tensors: { a: [[1], [0.25]] }, parameters: ["a"] },
  // In Constant nodes, and behind moves and arithmetic among weights.
  {
    what: "weights in Constant nodes of an exporter",
    nodes: ["MatMul x w -> h", "Gemm h /f/Constant_output_0 /f/Constant_1_output_0 -> y"],
    tensors: { w: W },
    constants: { "/f/Constant_output_0": W, "/f/Constant_1_output_0": [[4], filled(4, 0)] },
    parameters: ["w", "/f/Constant_output_0", "/f/Constant_1_output_0"],
  },
  {
    what: "bias of zeros beside a weight, both in Constant nodes",
    nodes: ["MatMul x w -> h", "MatMul h /f/Constant_output_0 -> g", "Add g /f/Constant_1_output_0 -> y"],
    tensors: { w: W },
    constants: { "/f/Constant_output_0": [[4, 4], random(16, 2)], "/f/Constant_1_output_0": [[4], filled(4, 0)] },
    parameters: ["w", "/f/Constant_output_0", "/f/Constant_1_output_0"],
  },
  {
    what: "through Identity, Cast, Transpose, Unsqueeze, Squeeze, Reshape and Expand",
    nodes: [
      "Identity w -> a",
      'Cast a -> b | {"to":1}',
      "Transpose b -> c",
      "Unsqueeze c zero -> d",
      "Squeeze d zero -> e",
      "Reshape e s -> f",
      "Expand f s -> g",
      "MatMul x g -> y",
    ],
    tensors: { w: [[4, 4], range(16)] },
    integers: { zero: [0], s: [4, 4] },
    doubtful: ["w"],
    parameters: ["w"],
  },
  {
    what: "times a constant",
    nodes: ["Mul w /Constant_output_0 -> g", "MatMul x g -> y"],
    tensors: { w: [[4, 4], range(16)] },
    constants: { "/Constant_output_0": [[], [0.02]] },
    doubtful: ["w"],
    parameters: ["w"],
  },
  ...[["MatMul x omega -> p", "Add p phase -> q"], ["Gemm x omega phase -> q"]].map((nodes): Row => ({
    what: `the shift of random features that are doubted: ${nodes.length === 1 ? "Gemm" : "Add"}`,
    nodes: [...nodes, "Cos q -> f", "Gemm f o.weight o.bias -> y"],
    tensors: {
      omega: [[4, 4], random(16, 3)],
      phase: [[4], random(4, 4)],
      "o.weight": [[4, 4], random(16, 5)],
      "o.bias": [[4], random(4, 6)],
    },
    parameters: ["omega", "phase", "o.weight", "o.bias"],
    doubtful: ["omega", "phase"],
  })),
  {
    what: "a shift under a name of its own behind the weight of a layer",
    nodes: ["MatMul x a.weight -> p", "Add p shift -> q", "Cos q -> f", "Gemm f o.weight o.bias -> y"],
    tensors: {
      "a.weight": [[4, 4], random(16, 3)],
      shift: [[4], random(4, 4)],
      "o.weight": [[4, 4], random(16, 5)],
      "o.bias": [[4], random(4, 6)],
    },
    parameters: ["a.weight", "shift", "o.weight", "o.bias"],
  },
  {
    what: "a low-rank change of a weight",
    nodes: ["MatMul a b -> d", "Add w d -> g", "MatMul x g -> y"],
    tensors: { w: W, a: [[4, 2]], b: [[2, 4], filled(8, 0)] },
    parameters: ["w", "a", "b"],
  },
  {
    what: "weight norm: direction and length",
    nodes: [
      'ReduceL2 fc.weight_v one -> n | {"keepdims":1}',
      "Div fc.weight_v n -> u",
      "Mul u fc.weight_g -> g",
      "MatMul x g -> y",
    ],
    tensors: { "fc.weight_v": W, "fc.weight_g": [[4, 1], filled(4, 1)] },
    integers: { one: [1] },
    parameters: ["fc.weight_v", "fc.weight_g"],
  },
  {
    what: "a branch of Where that is a weight",
    nodes: ["Greater x x -> m", "Where m w v -> g", "MatMul x g -> y"],
    tensors: { w: W, v: [[4, 4], filled(16, 0)] },
    parameters: ["w", "v"],
  },
  // Trained tensors beside the layers.
  {
    what: "one centre: a distance",
    nodes: ["Sub x c -> d", "Pow d two -> q", "ReduceSum q one -> y"],
    tensors: { c: [[4]], two: [[], [2]] },
    integers: { one: [1] },
    parameters: ["c", "two"].slice(0, 1),
    producer: "",
    open: ["two"],
  },
  {
    what: "knots: the input gets larger",
    x: ["N", 1],
    nodes: ["Sub x knots -> d", "MatMul d w -> y"],
    tensors: { knots: [[4], range(4, -1, 0.5)], w: W },
    doubtful: ["knots"],
    parameters: ["knots", "w"],
  },
  {
    what: "centres and widths of Gaussians",
    nodes: [
      "Unsqueeze x one -> u",
      "Sub u c -> d",
      "Div d s -> z",
      "Mul z z -> q",
      "ReduceSum q one -> r",
      "MatMul r w -> y",
    ],
    tensors: { c: [[5, 4]], s: [[5, 4], filled(20, 1)], w: W },
    integers: { one: [1] },
    parameters: ["c", "s", "w"],
  },
  {
    what: "a threshold in front of an activation",
    nodes: ["Sub x t -> d", "Relu d -> h", "MatMul h w -> y"],
    tensors: { t: [[4]], w: W },
    parameters: ["t", "w"],
  },
  {
    what: "a trained limit",
    nodes: ["MatMul x w -> h", "Clip h _ act.alpha -> y"],
    tensors: { w: W, "act.alpha": [[], [6]] },
    parameters: ["w", "act.alpha"],
    doubtful: ["act.alpha"],
  },
  {
    what: "a trained limit by Min",
    nodes: ["MatMul x w -> h", "Min h act.limit -> y"],
    tensors: { w: W, "act.limit": [[4], filled(4, 6)] },
    parameters: ["w", "act.limit"],
  },
  {
    what: "a temperature",
    producer: "",
    nodes: ["MatMul x w -> h", "Exp logit_scale -> e", "Mul h e -> y"],
    tensors: { w: W, logit_scale: [[], [1]] },
    parameters: ["w", "logit_scale"],
  },
  {
    what: "a gate of zero",
    nodes: ["MatMul x w -> h", "Tanh blocks.0.gate -> g", "Mul h g -> r", "Add x r -> y"],
    producer: "",
    tensors: { w: W, "blocks.0.gate": [[1], [0]] },
    parameters: ["w", "blocks.0.gate"],
  },
  {
    what: "a single random number",
    producer: "",
    nodes: ["MatMul x w -> h", "Mul h c -> y"],
    tensors: { w: W, c: [[], [0.7312849164]] },
    parameters: ["w", "c"],
    doubtful: ["c"],
  },
  {
    what: "layer scale, all equal",
    nodes: ["MatMul x w -> h", "Mul h ls -> r", "Add x r -> y"],
    tensors: { w: W, ls: [[4], filled(4, 1e-5)] },
    parameters: ["w", "ls"],
  },
  {
    what: "gain of a written-out normalisation that counts up",
    nodes: ["ReduceMean x one -> m", "Sub x m -> d", "Mul d g -> h", "Add h b -> y"],
    tensors: { g: [[4], range(4, 1)], b: [[4], filled(4, 0)] },
    integers: { one: [1] },
    parameters: ["g", "b"],
    doubtful: ["g"],
  },
  {
    what: "mask token, as an operand of Where behind Expand",
    nodes: ["Greater x x -> m", "Expand token s -> t", "Where m t x -> h", "MatMul h w -> y"],
    tensors: { token: [[1, 4], filled(4, 0)], w: W },
    integers: { s: [2, 4] },
    parameters: ["token", "w"],
  },
  {
    what: "class token of zeros, joined",
    nodes: ['Concat cls x -> h | {"axis":0}', "MatMul h w -> y"],
    tensors: { cls: [[1, 4], filled(4, 0)], w: W },
    parameters: ["cls", "w"],
  },
  {
    what: "learned positions of zeros",
    nodes: ["Add x pos -> h", "MatMul h w -> y"],
    tensors: { pos: [[8, 4], filled(32, 0)], w: W },
    parameters: ["pos", "w"],
  },
  {
    what: "one number spread over the initial state of an LSTM, as exporters from TensorFlow write zeros",
    x: [3, "N", 2],
    nodes: ['LSTM x W R B _ h c -> ys y cs | {"hidden_size":2}', "Expand zero s -> h", "Expand zero s -> c"],
    tensors: { W: [[1, 8, 2]], R: [[1, 8, 2]], B: [[1, 16]], zero: [[], [0]] },
    integers: { s: [1, 2, 2] },
    parameters: ["W", "R", "B"],
    open: ["zero"],
  },
  {
    what: "initial states of zeros of an LSTM, one behind Expand",
    x: [3, "N", 2],
    nodes: ['LSTM x W R B _ h0 c -> ys y cs | {"hidden_size":2}', "Expand c0 s -> c"],
    tensors: {
      W: [[1, 8, 2]],
      R: [[1, 8, 2], random(16, 3)],
      B: [[1, 16], filled(16, 0)],
      h0: [[1, 1, 2], filled(2, 0)],
      c0: [[1, 1, 2], filled(2, 0)],
    },
    integers: { s: [1, 1, 2] },
    parameters: ["W", "R", "B", "h0", "c0"],
  },
  {
    what: "a learned bias of scores, all zero",
    nodes: [
      "Unsqueeze x zero -> u",
      'Attention u u u bias -> a | {"q_num_heads":1,"kv_num_heads":1}',
      "Squeeze a zero -> h",
      "MatMul h w -> y",
    ],
    tensors: { bias: [[4, 4], filled(16, 0)], w: W },
    integers: { zero: [0] },
    parameters: ["bias", "w"],
  },
  {
    what: "scale and shift of the input",
    nodes: ["Mul x a -> s", "Add s b -> h", "MatMul h w -> y"],
    tensors: { a: [[4]], b: [[4]], w: W },
    parameters: ["a", "b", "w"],
  },
  {
    what: "an output that is the parameter itself",
    nodes: ["Expand b s -> y"],
    tensors: { b: [[1, 4]] },
    integers: { s: [2, 4] },
    parameters: ["b"],
  },
  // Not trained.
  {
    what: "pruning mask",
    nodes: ["Mul fc.weight_orig fc.weight_mask -> w", "MatMul x w -> y"],
    tensors: { "fc.weight_orig": W, "fc.weight_mask": [[4, 4], range(16).map((i) => i % 2)] },
    parameters: ["fc.weight_orig"],
  },
  {
    what: "pruning mask that prunes nothing, and one for the bias",
    nodes: ["Mul m_mask w -> g", "Mul b b_mask -> c", "Gemm x g c -> y"],
    tensors: { w: W, m_mask: [[4, 4], filled(16, 1)], b: [[4]], b_mask: [[4], [0, 1, 1, 0]] },
    parameters: ["w", "b"],
    open: ["m_mask"],
  },
  {
    what: "pruning mask of whole channels",
    nodes: ["Mul w keep -> g", "MatMul x g -> y"],
    tensors: {
      w: W,
      keep: [
        [4, 1],
        [1, 0, 1, 1],
      ],
    },
    parameters: ["w"],
  },
  {
    what: "spectral norm with reciprocal and other names",
    nodes: [
      "Reshape w s -> m",
      "MatMul m a -> wv",
      "Mul b wv -> p",
      'ReduceSum p -> sg | {"keepdims":0}',
      "Reciprocal sg -> r",
      "Mul w r -> g",
      "Conv x g -> y",
    ],
    x: ["N", 1, 4, 4],
    tensors: { w: [[3, 1, 2, 2]], a: [[4]], b: [[3]] },
    integers: { s: [3, 4] },
    parameters: ["w"],
  },
  {
    what: "spectral norm with its power iteration in the graph",
    nodes: [
      "Transpose w -> t",
      "MatMul t u -> a",
      'ReduceL2 a -> n | {"keepdims":0}',
      "Div a n -> v",
      "MatMul w v -> wv",
      "MatMul u wv -> sg",
      "Div w sg -> g",
      "MatMul x g -> y",
    ],
    tensors: { w: W, u: [[4]] },
    parameters: ["w"],
  },
  {
    what: "spectral norm by the names of torch.nn.utils.parametrizations",
    nodes: [
      "MatMul fc.parametrizations.weight.original fc.parametrizations.weight.0._v -> wv",
      "Mul fc.parametrizations.weight.0._u wv -> p",
      'ReduceSum p -> sg | {"keepdims":0}',
      "Div fc.parametrizations.weight.original sg -> g",
      "MatMul x g -> y",
    ],
    tensors: {
      "fc.parametrizations.weight.original": W,
      "fc.parametrizations.weight.0._u": [[4]],
      "fc.parametrizations.weight.0._v": [[4]],
    },
    parameters: ["fc.parametrizations.weight.original"],
  },
  {
    what: "mean and variance of a normalisation in arithmetic",
    nodes: [
      "MatMul x w -> h",
      "Sub h m -> d",
      "Add v e -> ve",
      "Sqrt ve -> sd",
      "Div d sd -> z",
      "Mul z g -> s",
      "Add s b -> y",
    ],
    tensors: { w: W, m: [[4]], v: [[4], [1, 2, 3, 4.5]], e: [[], [1e-5]], g: [[4]], b: [[4]] },
    producer: "",
    parameters: ["w", "g", "b"],
    open: ["e", "m", "v"],
  },
  {
    what: "running statistics by name",
    nodes: ["MatMul x w -> h", "Sub h bn.running_mean -> d", "Mul d bn.weight -> s", "Add s bn.bias -> y"],
    tensors: { w: W, "bn.running_mean": [[4]], "bn.weight": [[4]], "bn.bias": [[4]] },
    parameters: ["w", "bn.weight", "bn.bias"],
  },
  {
    what: "what standardises the input",
    nodes: ["Sub x mu -> c", "Div c sd -> s", "MatMul s w -> y"],
    tensors: { mu: [[4]], sd: [[4]], w: W },
    parameters: ["w"],
    open: ["mu", "sd"],
  },
  {
    what: "an additive mask behind a product",
    nodes: ["MatMul x w -> h", "Add h m -> y"],
    tensors: { w: W, m: [[4], [0, -1e9, 0, -Infinity]] },
    parameters: ["w"],
  },
  {
    what: "sampled sinusoids",
    nodes: ["Add x pe -> h", "MatMul h w -> y"],
    tensors: { pe: [[8, 4], sinusoids(8)], w: W },
    parameters: ["w"],
    open: ["pe"],
  },
  {
    what: "sampled sinusoids, gathered",
    nodes: ['Cast x -> i | {"to":7}', "Gather cos_cached i -> h", "MatMul h w -> y"],
    tensors: { cos_cached: [[8, 4], sinusoids(8)], w: W },
    parameters: ["w"],
    open: ["cos_cached"],
  },
  {
    what: "frequencies of a rotation, multiplied with positions",
    nodes: ["Unsqueeze x one -> p", "MatMul rot p -> a", "Sin a -> s", "Cos a -> c", "Add s c -> h", "MatMul h w -> y"],
    tensors: { rot: [[4, 1], range(4).map((i) => 0.1 ** i)], w: W },
    integers: { one: [1] },
    parameters: ["w"],
    open: ["rot"],
  },
  {
    what: "a frozen table of names: inv_freq",
    nodes: ["Mul x inv_freq -> a", "Sin a -> h", "MatMul h w -> y"],
    tensors: { inv_freq: [[4]], w: W },
    parameters: ["w"],
    open: ["inv_freq"],
  },
  {
    what: "one-hot rows that an exporter wrote down",
    nodes: ['Cast x -> i | {"to":7}', "Gather onnx::Gather_3 i -> h", "MatMul h w -> y"],
    tensors: { "onnx::Gather_3": [[4, 4], eye(4)], w: W },
    parameters: ["w"],
    open: ["onnx::Gather_3"],
  },
  {
    what: "zeros where a recurrence starts, by the exporter",
    x: [3, 1, 2],
    nodes: ['RNN x W R B _ onnx::RNN_9 -> ys y | {"hidden_size":2}'],
    tensors: {
      W: [[1, 2, 2]],
      R: [[1, 2, 2], random(4, 3)],
      B: [[1, 4], filled(4, 0)],
      "onnx::RNN_9": [[1, 1, 2], filled(2, 0)],
    },
    parameters: ["W", "R", "B"],
    open: ["onnx::RNN_9"],
  },
  {
    what: "a grid of coordinates",
    nodes: ["MatMul x w -> h", "Add h onnx::Add_7 -> y"],
    tensors: { w: W },
    constants: {
      "onnx::Add_7": [
        [2, 4],
        [0, 1, 2, 3, 0, 1, 2, 3],
      ],
    },
    parameters: ["w"],
    open: ["onnx::Add_7"],
  },
  {
    what: "distances between positions, added to scores",
    x: [4, 4],
    nodes: ["MatMul x w -> q", "Transpose q -> k", "MatMul q k -> s", "Add s distances -> y"],
    tensors: {
      w: W,
      distances: [[4, 4], range(16).map((i) => -0.25 * Math.abs((i % 4) - Math.floor(i / 4)))],
    },
    parameters: ["w"],
    open: ["distances"],
  },
  {
    what: "a learned bias, added to scores",
    x: [4, 4],
    nodes: ["MatMul x w -> q", "Transpose q -> k", "MatMul q k -> s", "Add s rel -> y"],
    tensors: { w: W, rel: [[4, 4], filled(16, 0)] },
    parameters: ["w", "rel"],
  },
  {
    what: "a gain of one that the exporter folded and kept as an initialiser",
    nodes: ["MatMul x w -> h", "Mul h onnx::Mul_24 -> g", "Add g onnx::Add_25 -> y"],
    tensors: { w: W, "onnx::Mul_24": [[1, 4], filled(4, 1)], "onnx::Add_25": [[1, 4], filled(4, 0)] },
    parameters: ["w", "onnx::Mul_24", "onnx::Add_25"],
  },
  {
    what: "centres and variances of Gaussians, trained",
    nodes: ["Sub x c -> d", "Add v eps -> ve", "Sqrt ve -> sd", "Div d sd -> z", "Mul z z -> q", "MatMul q w -> y"],
    tensors: { c: [[4]], v: [[4], [1, 1, 1, 1]], eps: [[], [1e-5]], w: W },
    parameters: ["c", "v", "w"],
    open: ["eps"],
  },
  {
    what: "common numbers",
    producer: "",
    nodes: ["MatMul x w -> h", "Mul h half -> g", "Add g eps -> y"],
    tensors: { w: W, half: [[], [0.5]], eps: [[], [1e-5]] },
    parameters: ["w"],
    open: ["eps", "half"],
  },
  // Names of statistics make none outside a normalisation; what they hold is counted.
  {
    what: "1 + eps times a layer, as graph isomorphism networks train it",
    nodes: ["Add one c1.eps -> f", "Mul x f -> h", "MatMul h w -> y"],
    tensors: { w: W, "c1.eps": [[1], [0.3718291]] },
    constants: { one: [[], [1]] },
    parameters: ["w"],
    open: ["c1.eps"],
  },
  {
    what: "a number called mean that is added to a layer",
    nodes: ["MatMul x w -> h", "Add h mean -> y"],
    tensors: { w: W, mean: [[1]] },
    parameters: ["w"],
    open: ["mean"],
  },
  ...["Sqrt r -> s", "Log r -> s", "Div x r -> s"].map((node): Row => ({
    what: `what keeps ${node} away from 0`,
    nodes: ["Mul x x -> q", "Add q ln.eps -> r", node, "MatMul s w -> y"],
    tensors: { w: W, "ln.eps": [[], [1e-5]] },
    parameters: ["w"],
    open: ["ln.eps"],
  })),
  {
    what: "a function of a trained number that the exporter folded",
    nodes: ["MatMul x w -> h", "Mul h onnx::Mul_18 -> g", "Div g onnx::Div_20 -> y"],
    tensors: { w: W, "onnx::Mul_18": [[], [1.2837461]], "onnx::Div_20": [[1], [Math.SQRT2]] },
    parameters: ["w"],
    open: ["onnx::Mul_18"],
  },
  // Of adapters no names but those of nodes are left.
  {
    what: "weights beside an adapter",
    nodes: [
      "MatMul x onnx::MatMul_7 -> h",
      "MatMul x onnx::MatMul_8 -> /fc/lora_A/default/out",
      "MatMul /fc/lora_A/default/out onnx::MatMul_9 -> /fc/lora_B/default/out",
      "Add h /fc/lora_B/default/out -> y",
    ],
    tensors: {
      "onnx::MatMul_7": W,
      "onnx::MatMul_8": [[4, 2], random(8, 3)],
      "onnx::MatMul_9": [[2, 4], random(8, 4)],
    },
    parameters: ["onnx::MatMul_7", "onnx::MatMul_8", "onnx::MatMul_9"],
    doubtful: ["onnx::MatMul_7"],
  },
  // Buffers by their names, in the places of weights, tables and biases.
  ...["adj", "g.adj_matrix", "a_hat", "conv.laplacian", "adj_norm", "fb.mel_basis", "dct_basis"].map((name): Row => ({
    what: `the matrix ${name}`,
    nodes: [`MatMul ${name} x -> h`, "MatMul h w -> y"],
    tensors: { [name]: [[4, 4], random(16, 3)], w: W },
    parameters: ["w"],
    open: [name],
  })),
  ...["log_prior", "class_priors"].map((name): Row => ({
    what: `the bias ${name}`,
    nodes: ["MatMul x w -> h", `Add h ${name} -> y`],
    tensors: { [name]: [[4]], w: W },
    parameters: ["w"],
    open: [name],
  })),
  {
    what: "a table of coordinates",
    nodes: ['Cast x -> i | {"to":7}', "Gather mesh.coords i -> h", "MatMul h w -> y"],
    tensors: { "mesh.coords": [[5, 4]], w: W },
    parameters: ["w"],
    open: ["mesh.coords"],
  },
  {
    what: "weights of modules called prior, window and grid",
    nodes: ["MatMul x prior.weight -> h", "MatMul h window.0.weight -> g", "Add g grid.bias -> y"],
    tensors: { "prior.weight": W, "window.0.weight": [[4, 4], random(16, 3)], "grid.bias": [[4]] },
    parameters: ["prior.weight", "window.0.weight", "grid.bias"],
  },
  ...[
    ["B", false],
    ["n.0.weight", true],
  ].map(([name, trained]): Row => ({
    what: `random Fourier features by ${String(name)}`,
    nodes: [
      "Mul x c -> t",
      `MatMul t ${String(name)} -> p`,
      "Sin p -> s",
      "Cos p -> k",
      'Concat s k -> f | {"axis":1}',
      "MatMul f w -> y",
    ],
    tensors: { [String(name)]: [[4, 4], random(16, 3)], w: [[8, 4]] },
    constants: { c: [[], [2 * Math.PI]] },
    doubtful: trained === true ? ["w"] : [],
    parameters: trained === true ? [String(name), "w"] : ["w"],
    open: trained === true ? [] : [String(name)],
  })),
  {
    what: "a layer of sines alone",
    nodes: ["MatMul x B -> p", "Sin p -> s", "MatMul s w -> y"],
    tensors: { B: [[4, 4], random(16, 3)], w: W },
    parameters: ["B", "w"],
  },
  {
    what: "lengths of the rows of a weight that the exporter folded",
    nodes: ["MatMul x weight -> h", "Div h onnx::Div_9 -> y"],
    tensors: {
      weight: [[4, 4], random(16, 3)],
      "onnx::Div_9": [[4], [0, 1, 2, 3].map((j) => Math.hypot(...[0, 4, 8, 12].map((i) => random(16, 3)[i + j])))],
    },
    parameters: ["weight"],
  },
  {
    what: "gain of one and bias of zero that an exporter adds",
    x: ["N", 2, 4],
    nodes: ["InstanceNormalization x /Constant_output_0 /Constant_1_output_0 -> h", "Mul h g -> y"],
    tensors: { g: [[2, 1], filled(2, 1)], w: W },
    constants: { "/Constant_output_0": [[2], [1, 1]], "/Constant_1_output_0": [[2], [0, 0]] },
    parameters: ["g"],
  },
  {
    what: "the one of 1 − p",
    producer: "",
    nodes: ["MatMul x w -> h", "Sigmoid h -> p", "Sub unity p -> y"],
    tensors: { w: W, unity: [[1], [1]] },
    parameters: ["w"],
  },
  // Literals of a graph: numbers and arrays that were written down, whatever they are.
  ...[0.5, 1 / 127.5, 1 / 0.229, -0.485 / 0.229, 0.1234567].flatMap((value) =>
    ["model/tf.math.multiply/Mul/y:0", "model/lambda.1/sub/x:0", "rescaling/Cast_1", "scale.v2:0"].map((name): Row => ({
      what: `the number ${value} as ${name}`,
      producer: "tf2onnx",
      nodes: [`Mul x ${name} -> h`, "MatMul h dense.1/MatMul/ReadVariableOp:0 -> y"],
      tensors: { [name]: [[], [value]], "dense.1/MatMul/ReadVariableOp:0": W },
      parameters: ["dense.1/MatMul/ReadVariableOp:0"],
      open: [name],
    })),
  ),
  {
    what: "a number added to a layer, and an array that multiplies it, written in a Keras model",
    producer: "tf2onnx",
    nodes: ["MatMul x m/MatMul/ReadVariableOp:0 -> h", "Add h m/tf.math.add/Add/y:0 -> g", "Mul g m/mul/y:0 -> y"],
    tensors: { "m/MatMul/ReadVariableOp:0": W, "m/tf.math.add/Add/y:0": [[], [0.7312849]], "m/mul/y:0": [[4]] },
    parameters: ["m/MatMul/ReadVariableOp:0"],
    open: ["m/mul/y:0", "m/tf.math.add/Add/y:0"],
  },
  {
    what: "trained numbers of a Keras model",
    producer: "tf2onnx",
    nodes: ["MatMul x w -> h", "Mul h m/scale/mul/ReadVariableOp:0 -> g", "Mul g m/gate/alpha:0 -> y"],
    tensors: { w: W, "m/scale/mul/ReadVariableOp:0": [[], [1]], "m/gate/alpha:0": [[], [0.5]] },
    parameters: ["w", "m/scale/mul/ReadVariableOp:0", "m/gate/alpha:0"],
    doubtful: ["m/gate/alpha:0"],
  },
  ...[
    ["lo", "hi"],
    ["clip_by_value/y:0", "clip_by_value/Minimum/y:0"],
    ["a.b/x", "k:0"],
  ].map(([low, high]): Row => ({
    what: `limits of probabilities: ${low}, ${high}`,
    producer: "tf2onnx",
    nodes: ["MatMul x w -> h", "Softmax h -> p", `Clip p ${low} ${high} -> y`],
    tensors: { w: W, [low]: [[], [1e-7]], [high]: [[], [1 - 1e-7]] },
    parameters: ["w"],
    open: [low, high].sort(),
  })),
  {
    what: "a number of a module of PyTorch",
    producer: "",
    nodes: ["MatMul x w -> h", "Mul h layer1.0.scale -> y"],
    tensors: { w: W, "layer1.0.scale": [[], [1]] },
    doubtful: ["layer1.0.scale"],
    parameters: ["w", "layer1.0.scale"],
  },
  // Weights of the classes of a loss.
  {
    what: "class weights picked by the labels, beside log-probabilities that they pick",
    nodes: [
      "MatMul x w -> h",
      "LogSoftmax h -> l",
      "Unsqueeze labels one -> u",
      'GatherElements l u -> p | {"axis":1}',
      "Gather cw labels -> c",
      "Mul c p -> y",
    ],
    tensors: { w: W, cw: [[4]] },
    integers: { one: [1] },
    parameters: ["w"],
    open: ["cw"],
  },
  {
    what: "class weights as a column, labels cast and clipped",
    nodes: [
      "MatMul x w -> h",
      "LogSoftmax h -> l",
      "Max labels zero -> safe",
      "Unsqueeze safe one -> u",
      'GatherElements l u -> p | {"axis":1}',
      "Gather cw safe -> c",
      "Mul c p -> y",
    ],
    tensors: { w: W, cw: [[4, 1]] },
    integers: { one: [1], zero: [0] },
    parameters: ["w"],
    open: ["cw"],
  },
  {
    what: "class weights that multiply log-probabilities and one-hot labels",
    nodes: [
      "MatMul x w -> h",
      "Softmax h -> s",
      "Log s -> l",
      'OneHot labels four levels -> o | {"axis":1}',
      "Mul l cw -> c",
      "Mul c o -> y",
    ],
    tensors: { w: W, cw: [[4]] },
    integers: { four: [4], levels: [0, 1] },
    parameters: ["w"],
    open: ["cw"],
  },
  {
    what: "an embedding, and a number for each token, of the tokens that are the labels too",
    nodes: [
      "Gather e labels -> h",
      "Gather b labels -> g",
      "MatMul h w -> z",
      "Add z g -> a",
      "LogSoftmax a -> l",
      "Unsqueeze labels one -> u",
      'GatherElements l u -> y | {"axis":1}',
    ],
    tensors: { e: W, b: [[4, 1]], w: [[4, 4], random(16, 3)] },
    integers: { one: [1] },
    parameters: ["e", "b", "w"],
  },
  {
    what: "centres of the classes, picked by labels",
    nodes: ["MatMul x w -> h", 'GatherElements h labels -> p | {"axis":1}', "Gather c labels -> r", "Sub p r -> y"],
    tensors: { w: W, c: [[4, 4], random(16, 3)] },
    parameters: ["w", "c"],
  },
];

describe("which tensors are parameters", () => {
  test.each(ROWS)("$what", (row) => {
    const model = read(row);
    expect(
      model.parameters
        .filter(({ open }) => open)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...(row.doubtful ?? [])].sort());
    const why = Object.fromEntries(
      [...model.parameters, ...model.statistics, ...model.constants].map(({ name, reason }) => [name, reason]),
    );
    expect(model.parameters.map(({ name }) => name).sort(), JSON.stringify(why)).toEqual([...row.parameters].sort());
    expect(
      [...model.statistics, ...model.constants]
        .filter(({ open }) => open)
        .map(({ name }) => name)
        .sort(),
      JSON.stringify(why),
    ).toEqual([...(row.open ?? [])].sort());
  });
});

test("derivatives that leave out folded lengths are a warning that names both tensors", () => {
  const row = ROWS.find(({ what }) => what.startsWith("lengths of the rows"));
  const found = row && read(row).notices.find(({ code }) => code === "folded-norms");
  expect(found?.message).toMatch(/computed onnx::Div_9 from weight, .* leave out that the lengths change/);
  expect(found?.hint).toContain("do_constant_folding=False");
});

test("what the exporter's own names may hide is said, and no more", () => {
  const model = read({
    what: "folded weight norm",
    nodes: ["MatMul x onnx::MatMul_7 -> y"],
    tensors: { "onnx::MatMul_7": W },
    parameters: ["onnx::MatMul_7"],
  });
  expect(model.notices.find(({ code }) => code === "renamed-weights")?.message).toMatch(
    /may be a parameter of the network, transposed or not, a tensor that nobody trained, or computed from several/,
  );
});
