import type { OnnxRule } from "../../src/onnx/rule.ts";
import type { Draw, Operand, Template, Use } from "./fuzz-draw.ts";
import { convolution } from "./fuzz-window.ts";
import { float, type AttributeValue } from "./onnx-model.ts";

/* Random uses of attention and of the operators that ONNX Runtime's optimiser makes of several. */

export const FUSED_DOMAIN = "com.microsoft";

/** The name of a template: of the operator, with its domain where it has one. */
export function templateName({ op, domain }: Pick<OnnxRule, "op" | "domain">): string {
  return domain === undefined ? op : `${domain}.${op}`;
}

/** The opset that an operator came with, where files of older ones are no use. */
export const FIRST_OPSET: Readonly<Record<string, number>> = {
  Attention: 23,
  RotaryEmbedding: 23,
  RMSNormalization: 23,
  Gelu: 20,
  GroupNormalization: 18,
  ReverseSequence: 10,
  QuantizeLinear: 10,
  DequantizeLinear: 10,
  GridSample: 16,
  AffineGrid: 20,
  DeformConv: 19,
  Col2Im: 18,
  MaxUnpool: 9,
  RoiAlign: 10,
  DFT: 17,
  STFT: 17,
  HannWindow: 17,
  HammingWindow: 17,
  BlackmanWindow: 17,
  MelWeightMatrix: 17,
  BitShift: 11,
  Unique: 11,
  BitwiseAnd: 18,
  BitwiseOr: 18,
  BitwiseXor: 18,
  BitwiseNot: 18,
  CenterCropPad: 18,
  TensorScatter: 24,
  CumProd: 26,
};

/** Whether the runtime has no double kernel, or one with constants of float32. */
export function isSingleOnly({ op, domain }: OnnxRule): boolean {
  return (
    ["RNN", "GRU", "LSTM"].includes(op) ||
    domain === "ai.onnx.ml" ||
    (domain === FUSED_DOMAIN && !["FusedMatMul", "QuickGelu"].includes(op))
  );
}

/** Operators that the runtime's own optimiser knows and its kernels do not, and those of opsets that it does not read yet. */
export const WITHOUT_KERNEL: readonly string[] = [
  ...["LayerNormalization", "SimplifiedLayerNormalization"].map((op) => `${FUSED_DOMAIN}.${op}`),
  "SwiGLU",
  "CausalConvWithState",
  "LinearAttention",
];

const maybe = <T>(draw: Draw, value: T, p = 0.5): T | undefined => (draw.chance(p) ? value : undefined);

const rowsOf = (draw: Draw): number[] => [...draw.ints(2, 1, 3), draw.int(2, 5)];

function activation(draw: Draw): { name: string | undefined; numbers: number[] } {
  const [name, ...numbers] = draw.pick([
    [undefined],
    ["Relu"],
    ["Tanh"],
    ["Sigmoid"],
    ["LeakyRelu", 0.25],
    ["Clip", -0.5, 0.75],
    ["HardSigmoid", 0.25, 0.5],
  ] as const);
  return { name, numbers };
}

/** Those that the runtime fuses behind Gemm alone. */
function gemmActivation(draw: Draw): { name: string; numbers: number[] } {
  const [name, ...numbers] = draw.pick([
    ["Softplus"],
    ["Softsign"],
    ["Elu", 0.5],
    ["Celu", 0.5],
    ["Selu", 1.25],
    ["ThresholdedRelu", 0.75],
  ] as const);
  return { name, numbers };
}

function skipped(hasOffset: boolean): Template {
  return (draw) => {
    const shape = rowsOf(draw);
    const width = shape.slice(-1);
    return {
      inputs: [
        draw.float(shape),
        draw.float(shape),
        draw.float(width, true),
        ...(hasOffset ? [maybe(draw, draw.float(width, true))] : []),
        maybe(draw, draw.float(width, true)),
      ],
      attributes: { epsilon: maybe(draw, float(1e-3)) },
    };
  };
}

function gained(draw: Draw): Use {
  const shape = draw.shape(1, 3);
  const axis = draw.int(0, shape.length - 1);
  return {
    inputs: [draw.float(shape), draw.float(shape.slice(axis), true)],
    attributes: { axis: draw.chance(0.5) ? axis : axis - shape.length, stash_type: undefined },
  };
}

function plainAttention(draw: Draw): Use {
  const [n, heads, queries, others, d] = draw.ints(5, 1, 3);
  const shared = draw.int(1, 2);
  const isFlat = draw.chance(0.4);
  const width = draw.pick([d, d + 1]);
  const past = draw.chance(0.3) ? draw.int(1, 2) : 0;
  const causal = draw.chance(0.4);
  // One query behind a past sees every key in the runtime's kernel; in the definition, those up to its own.
  const keys = causal && past > 0 ? queries : others;
  const all = keys + past;
  const maskShape = draw.pick([
    [queries, all],
    [n, 1, queries, all],
    [n, heads * shared, queries, all],
    [1, 1, 1, all],
  ]);
  // Of a row without any key the definition, by which doubles are computed, makes NaN, and the kernel 0.
  const isExact = draw.floats === "double";
  const hidden = draw.bool(maskShape);
  const seen = { ...hidden, values: hidden.values.map((value, i) => (isExact && i % all === 0 ? 1 : value)) };
  const mask = maybe(draw, draw.chance(0.5) ? seen : draw.float(maskShape));
  const mayCount = draw.opset >= 24 && past === 0 && !(isExact && (causal || mask));
  const counts = mayCount && draw.chance(0.4) ? draw.integer([n], 1, keys) : undefined;
  // The kernel writes the lowest float where scores are −∞.
  const modes = mask || causal || counts ? [0, 1, 3] : [0, 1, 2, 3];
  const shape = (count: number, steps: number, size: number) =>
    isFlat ? [n, steps, count * size] : [n, count, steps, size];
  return {
    inputs: [
      draw.float(shape(heads * shared, queries, d)),
      draw.float(shape(heads, keys, d)),
      draw.float(shape(heads, keys, width)),
      mask,
      past > 0 ? draw.float([n, heads, past, d]) : undefined,
      past > 0 ? draw.float([n, heads, past, width]) : undefined,
      counts,
    ],
    attributes: {
      q_num_heads: isFlat ? heads * shared : undefined,
      kv_num_heads: isFlat ? heads : undefined,
      softmax_precision: undefined,
      is_causal: causal ? 1 : undefined,
      qk_matmul_output_mode: maybe(draw, draw.pick(modes)),
      softcap: maybe(draw, float(1.5), 0.3),
      scale: maybe(draw, float(0.3), 0.4),
    },
    outputs: past > 0 && draw.chance(0.6) ? draw.pick([3, 4]) : 1,
  };
}

/** Which keys are seen, in any of the forms; the first is, so that no row is left without. */
function keyMask(draw: Draw, n: number, queries: number, keys: number): Operand {
  const constant = draw.chance(0.5);
  const kind = draw.pick(["lengths", "spans", "rows", "each"]);
  if (kind === "lengths") return draw.integer([n], 1, keys, constant, "int32");
  if (kind === "spans") {
    const starts = draw.ints(n, 0, keys - 1);
    const values = [...starts.map((start) => draw.int(start + 1, keys)), ...starts];
    return { elements: "int32", shape: [2 * n], values, constant };
  }
  const shape = kind === "rows" ? [n, keys] : [n, queries, keys];
  const seen = draw.integer(shape, 0, 1, constant, "int32");
  return { ...seen, values: seen.values.map((value, i) => (i % keys === 0 ? 1 : value)) };
}

function groupQuery(draw: Draw): Use {
  const [n, steps, shared] = draw.ints(3, 1, 3);
  const heads = shared * draw.int(1, 2);
  // The kernel vectorises over 8 numbers where it turns them.
  const d = 2 * draw.pick([4, 8]);
  const isPacked = draw.chance(0.3);
  const turns = draw.chance(0.5);
  const whole = (values: number[], shape: number[]): Operand => ({ elements: "int32", shape, values, constant: true });
  const table = () => (turns ? draw.float([steps + 2, d / 2], true) : undefined);
  return {
    inputs: [
      draw.float([n, steps, (heads + (isPacked ? 2 * shared : 0)) * d]),
      isPacked ? undefined : draw.float([n, steps, shared * d]),
      isPacked ? undefined : draw.float([n, steps, shared * d]),
      undefined,
      undefined,
      whole(new Array<number>(n).fill(steps - 1), [n]),
      whole([steps], [1]),
      table(),
      table(),
    ],
    attributes: {
      num_heads: heads,
      kv_num_heads: shared,
      do_rotary: turns ? 1 : undefined,
      rotary_interleaved: turns ? draw.int(0, 1) : undefined,
      local_window_size: maybe(draw, draw.int(1, 3), 0.4),
      scale: maybe(draw, float(0.3), 0.3),
      softcap: maybe(draw, float(1.5), 0.3),
      qk_output: undefined,
      smooth_softmax: undefined,
    },
    outputs: 3,
  };
}

function embedded(draw: Draw): Use {
  const [n, steps, words, segments] = draw.ints(4, 1, 4);
  const width = draw.int(2, 5);
  const hasSegments = draw.chance(0.6);
  const ids = (most: number) => draw.integer([n, steps], 0, most - 1, false, "int32");
  const hasMask = draw.chance(0.5);
  return {
    inputs: [
      ids(words),
      hasSegments ? ids(segments) : undefined,
      draw.float([words, width], true),
      draw.float([steps + 1, width], true),
      hasSegments ? draw.float([segments, width], true) : undefined,
      draw.float([width], true),
      draw.float([width], true),
      hasMask ? draw.integer([n, steps], 0, 1, false, "int32") : undefined,
      maybe(draw, ids(steps + 1), 0.4),
    ],
    attributes: { epsilon: float(1e-3), mask_index_type: undefined },
    outputs: 2,
  };
}

function packedAttention(draw: Draw): Use {
  const [n, steps, width, heads] = draw.ints(4, 1, 3);
  const [d, dv] = draw.ints(2, 1, 3);
  const isUneven = draw.chance(0.3);
  const sizes = [heads * d, heads * d, heads * (isUneven ? dv : d)];
  const sum = sizes.reduce((a, b) => a + b, 0);
  return {
    inputs: [
      draw.float([n, steps, width]),
      draw.float([width, sum], true),
      // The runtime's kernel takes no attention without its bias.
      draw.float([sum], true),
      maybe(draw, keyMask(draw, n, steps, steps), 0.4),
      undefined,
      maybe(draw, draw.float([draw.pick([1, n]), draw.pick([1, heads]), steps, steps]), 0.4),
    ],
    attributes: {
      num_heads: heads,
      qkv_hidden_sizes: isUneven ? sizes : undefined,
      scale: maybe(draw, float(0.3), 0.3),
      unidirectional: maybe(draw, draw.int(0, 1)),
      do_rotary: undefined,
      past_present_share_buffer: undefined,
      mask_filter_value: undefined,
      rotary_embedding_dim: undefined,
    },
  };
}

function multiHead(draw: Draw): Use {
  const [n, queries, keys, heads, d] = draw.ints(5, 1, 3);
  const dv = draw.chance(0.5) ? d : draw.int(1, 3);
  const causal = draw.chance(0.4);
  return {
    inputs: [
      draw.float([n, queries, heads * d]),
      draw.float([n, causal ? queries : keys, heads * d]),
      draw.float([n, causal ? queries : keys, heads * dv]),
      maybe(draw, draw.float([heads * (2 * d + dv)], true)),
      maybe(draw, keyMask(draw, n, queries, causal ? queries : keys), 0.4),
      maybe(draw, draw.float([draw.pick([1, n]), draw.pick([1, heads]), queries, causal ? queries : keys]), 0.4),
    ],
    attributes: {
      num_heads: heads,
      scale: maybe(draw, float(0.3), 0.3),
      unidirectional: causal ? 1 : undefined,
      mask_filter_value: undefined,
    },
  };
}

function rotary(isFused: boolean): Template {
  return (draw) => {
    const [n, steps, heads] = draw.ints(3, 1, 3);
    const d = 2 * draw.int(1, 3);
    const isPartial = draw.chance(0.3) && d > 2;
    const turned = isPartial ? 2 : d;
    const isFlat = draw.chance(0.5);
    const hasPositions = isFused || draw.chance(0.6);
    const table = (): Operand =>
      hasPositions ? draw.float([steps + 3, turned / 2], true) : draw.float([n, steps, turned / 2], draw.chance(0.5));
    const x = draw.float(isFlat ? [n, steps, heads * d] : [n, heads, steps, d]);
    const positions = isFused && draw.chance(0.3) ? draw.integer([1], 0, 3) : draw.integer([n, steps], 0, steps + 2);
    const attributes: Record<string, AttributeValue | undefined> = {
      interleaved: maybe(draw, draw.int(0, 1)),
      num_heads: isFlat || isPartial ? heads : undefined,
      rotary_embedding_dim: isPartial ? turned : undefined,
      is_packed_batching: undefined,
      scale: undefined,
    };
    return isFused
      ? { inputs: [x, positions, table(), table()], attributes }
      : { inputs: [x, table(), table(), hasPositions ? positions : undefined], attributes };
  };
}

export const FUSED_TEMPLATES: Readonly<Record<string, Template>> = {
  Attention: plainAttention,
  RotaryEmbedding: rotary(false),
  RMSNormalization: gained,
  SimplifiedLayerNormalization: gained,
  GroupNormalization: (draw) => {
    const groups = draw.int(1, 2);
    const channels = groups * draw.int(1, 3);
    const of = draw.opset < 21 ? groups : channels;
    return {
      inputs: [
        draw.float([draw.int(1, 2), channels, ...draw.ints(draw.int(1, 2), 1, 4)]),
        draw.float([of], true),
        draw.float([of], true),
      ],
      attributes: { num_groups: groups, stash_type: undefined },
    };
  },
  [`${FUSED_DOMAIN}.Gelu`]: (draw) => ({ inputs: [draw.float(draw.shape(1, 3))] }),
  [`${FUSED_DOMAIN}.QuickGelu`]: (draw) => ({ inputs: [draw.float(draw.shape(1, 3))] }),
  ...Object.fromEntries(
    ["BiasGelu", "FastGelu"].map((op): [string, Template] => [
      `${FUSED_DOMAIN}.${op}`,
      (draw) => {
        const shape = rowsOf(draw);
        const bias = draw.float(shape.slice(-1), true);
        return { inputs: [draw.float(shape), op === "BiasGelu" ? bias : maybe(draw, bias)] };
      },
    ]),
  ),
  [`${FUSED_DOMAIN}.FusedMatMul`]: (draw) => {
    const [m, k, n] = draw.ints(3, 1, 4);
    const [transA, transB] = draw.ints(2, 0, 1);
    const batch = draw.shape(0, 2);
    return {
      inputs: [
        draw.float([...batch, ...(transA ? [k, m] : [m, k])]),
        draw.float([...(draw.chance(0.5) ? batch : []), ...(transB ? [n, k] : [k, n])], draw.chance(0.5)),
      ],
      attributes: { transA, transB, transBatchA: undefined, transBatchB: undefined },
    };
  },
  [`${FUSED_DOMAIN}.FusedGemm`]: (draw) => {
    const [m, k, n] = draw.ints(3, 1, 4);
    const [transA, transB] = draw.ints(2, 0, 1);
    // The kernel of the product takes none but with an activation.
    const { name = "Relu", numbers } = draw.chance(0.5) ? activation(draw) : gemmActivation(draw);
    return {
      inputs: [
        draw.float(transA ? [k, m] : [m, k]),
        draw.float(transB ? [n, k] : [k, n], true),
        maybe(draw, draw.float(draw.pick([[n], [m, n], [1], [m, 1]]), true)),
      ],
      attributes: {
        transA,
        transB,
        activation: name,
        activation_alpha: numbers[0] === undefined ? undefined : float(numbers[0]),
        activation_beta: numbers[1] === undefined ? undefined : float(numbers[1]),
        activation_gamma: name === "Selu" ? float(1.5) : undefined,
      },
    };
  },
  [`${FUSED_DOMAIN}.FusedConv`]: (draw) => {
    const { name, numbers } = activation(draw);
    const { inputs, attributes } = convolution(false)(draw);
    return {
      inputs,
      attributes: {
        ...attributes,
        activation: name,
        activation_params: numbers.length > 0 ? numbers.map((each) => float(each)) : undefined,
      },
    };
  },
  [`${FUSED_DOMAIN}.SkipLayerNormalization`]: skipped(true),
  [`${FUSED_DOMAIN}.SkipSimplifiedLayerNormalization`]: skipped(false),
  [`${FUSED_DOMAIN}.Attention`]: packedAttention,
  [`${FUSED_DOMAIN}.MultiHeadAttention`]: multiHead,
  [`${FUSED_DOMAIN}.GroupQueryAttention`]: groupQuery,
  [`${FUSED_DOMAIN}.EmbedLayerNormalization`]: embedded,
  [`${FUSED_DOMAIN}.RotaryEmbedding`]: rotary(true),
};
