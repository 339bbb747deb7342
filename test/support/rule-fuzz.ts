import type { AttributeUse } from "../../src/onnx/declaration.ts";
import type { OnnxRule } from "../../src/onnx/rule.ts";
import { ONNX_RULES } from "../../src/onnx/rules/registry.ts";
import { Draw, type Operand, type Template, type Use } from "./fuzz-draw.ts";
import { SAMPLING_TEMPLATES } from "./sampling-templates.ts";
import { convolution, image, windowAttributes } from "./fuzz-window.ts";
import {
  FIRST_OPSET,
  FUSED_DOMAIN,
  FUSED_TEMPLATES,
  isSingleOnly,
  templateName,
  WITHOUT_KERNEL,
} from "./fused-templates.ts";
import { CLASSICAL_DOMAIN, FURTHER_TEMPLATES } from "./further-templates.ts";
import type { RandomStream } from "../../src/random/random-stream.ts";
import { sizeOf, type Shape } from "../../src/util/tensor.ts";
import type { Fed } from "./against-runtime.ts";
import { float, modelBytes, tensorProto, valueInfo, type AttributeValue, type NodeSpec } from "./onnx-model.ts";

/*
 * Random uses of every rule that is read: attributes as the rule declares them, operands as a template of the
 * operator's family says, or, for one without a template, as many broadcasting floats as it has inputs.
 */

export interface FuzzFile {
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly feeds: ReadonlyMap<string, Fed>;
  readonly double: boolean;
}

function pooling(draw: Draw): Use {
  const shape = image(draw);
  const axes = shape.length - 2;
  const kernel_shape = draw.ints(axes, 1, 3);
  return {
    inputs: [draw.float(shape)],
    attributes: { kernel_shape, ...windowAttributes(draw, axes, kernel_shape) },
  };
}

/** Those that need no numbers of their own, or have them by default; the runtime's Softplus overflows where gates are unbounded. */
const RECURRENT_ACTIVATIONS = ["Sigmoid", "Tanh", "Relu", "Softsign", "HardSigmoid", "Elu"];

function recurrent(gates: number, states: number, functions: number): Template {
  return (draw) => {
    const [steps, batch, width, hidden] = draw.ints(4, 1, 3);
    const direction = draw.pick(["forward", "reverse", "bidirectional"]);
    const d = direction === "bidirectional" ? 2 : 1;
    const maybe = (operand: Operand) => (draw.chance(0.5) ? operand : undefined);
    const lengths: Operand = {
      elements: "int32",
      shape: [batch],
      values: draw.ints(batch, 1, steps),
      constant: draw.chance(0.5),
    };
    return {
      inputs: [
        draw.float([steps, batch, width]),
        draw.float([d, gates * hidden, width], true),
        draw.float([d, gates * hidden, hidden], true),
        maybe(draw.float([d, 2 * gates * hidden], true)),
        maybe(lengths),
        maybe(draw.float([d, batch, hidden])),
        ...(states === 2 ? [maybe(draw.float([d, batch, hidden])), maybe(draw.float([d, 3 * hidden], true))] : []),
      ],
      attributes: {
        direction,
        hidden_size: hidden,
        activations: draw.chance(0.4)
          ? Array.from({ length: d * functions }, () => draw.pick(RECURRENT_ACTIVATIONS))
          : undefined,
        activation_alpha: undefined,
        activation_beta: undefined,
        clip: draw.chance(0.3) ? float(0.6) : undefined,
        layout: undefined,
        input_forget: draw.chance(0.3) ? draw.int(0, 1) : undefined,
      },
      outputs: states + 1,
    };
  };
}

function reduction(draw: Draw): Use {
  const shape = draw.shape(1, 4);
  const rank = shape.length;
  const axes = draw.chance(0.7) ? [...new Set(draw.ints(draw.int(1, rank), 0, rank - 1))] : undefined;
  const signed = axes?.map((axis) => (draw.chance(0.5) ? axis - rank : axis));
  return { inputs: [draw.float(shape), signed && draw.list(...signed)], attributes: { axes: signed } };
}

const COORDINATES = [
  "half_pixel",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_half_pixel_for_nn",
  "half_pixel_symmetric",
];

function resize(draw: Draw): Use {
  const shape = [draw.int(1, 2), draw.int(1, 2), draw.int(2, 5), draw.int(2, 5)];
  const sizes = [shape[0], shape[1], draw.int(1, 8), draw.int(1, 8)];
  const scales = [1, 1, draw.pick([0.5, 1.5, 2, 3]), draw.pick([0.5, 1.5, 2, 3])];
  const bySize = draw.opset >= 11 && draw.chance(0.5);
  const scale: Operand = { elements: "float", shape: [4], values: scales, constant: true };
  const empty: Operand = { elements: "float", shape: [0], values: [], constant: true };
  const isCropped = draw.opset >= 11 && draw.chance(0.2);
  const starts = [0, 0, draw.pick([-0.3, 0, 0.2]), draw.pick([0, 0.4])];
  const region: Operand = {
    elements: "float",
    shape: [8],
    values: [...starts, 1, 1, draw.pick([0.6, 1, 1.5]), draw.pick([0.9, 1.2])],
    constant: true,
  };
  return {
    inputs:
      draw.opset < 11
        ? [draw.float(shape), scale]
        : [
            draw.float(shape),
            isCropped ? region : draw.opset < 13 ? empty : undefined,
            bySize ? (draw.opset < 13 ? empty : undefined) : scale,
            bySize ? draw.list(...sizes) : undefined,
          ],
    attributes: {
      axes: undefined,
      mode: draw.pick(["nearest", "linear", "cubic"]),
      ...(draw.opset >= 11 && {
        coordinate_transformation_mode: isCropped ? "tf_crop_and_resize" : draw.pick(COORDINATES),
      }),
    },
  };
}

function indexed(draw: Draw): { data: Operand; shape: number[]; axis: number; extent: number } {
  const shape = draw.shape(1, 3);
  const axis = draw.axis(shape.length);
  return {
    data: draw.float(shape, draw.chance(0.3)),
    shape,
    axis,
    extent: shape[(axis + shape.length) % shape.length],
  };
}

function normalized(draw: Draw, gains: number): Use {
  const shape = image(draw);
  const channel = () => draw.float([shape[1]], true);
  return { inputs: [draw.float(shape), ...Array.from({ length: gains }, channel)] };
}

const withVariance = (operand: Operand): Operand => ({
  ...operand,
  values: operand.values.map((x) => Math.abs(x) + 0.1),
});

const TEMPLATES: Readonly<Record<string, Template>> = {
  ...FUSED_TEMPLATES,
  ...SAMPLING_TEMPLATES,
  ...FURTHER_TEMPLATES,
  MaxPool: pooling,
  AveragePool: pooling,
  LpPool: (draw) => ({ ...pooling(draw) }),
  Conv: convolution(false),
  ConvTranspose: convolution(true),
  RNN: recurrent(1, 1, 1),
  GRU: recurrent(3, 1, 2),
  LSTM: recurrent(4, 2, 3),
  Resize: resize,
  GlobalAveragePool: (draw) => ({ inputs: [draw.float(image(draw))] }),
  GlobalMaxPool: (draw) => ({ inputs: [draw.float(image(draw))] }),
  GlobalLpPool: (draw) => ({ inputs: [draw.float(image(draw))] }),
  ...Object.fromEntries(
    ONNX_RULES.filter(({ op }) => op.startsWith("Reduce")).map(({ op }): [string, Template] => [op, reduction]),
  ),
  Gather: (draw) => {
    const { data, axis, extent } = indexed(draw);
    return {
      inputs: [data, draw.integer(draw.shape(0, 2), -extent, extent - 1, draw.chance(0.5))],
      attributes: { axis },
    };
  },
  GatherElements: (draw) => {
    const { data, shape, axis, extent } = indexed(draw);
    const picked = shape.map((each) => draw.int(1, each));
    return { inputs: [data, draw.integer(picked, -extent, extent - 1, draw.chance(0.5))], attributes: { axis } };
  },
  GatherND: (draw) => {
    const shape = draw.shape(1, 3);
    const depth = draw.int(1, shape.length);
    const count = draw.int(1, 3);
    const rows = Array.from({ length: count }, () =>
      shape.slice(0, depth).map((extent) => draw.int(-extent, extent - 1)),
    );
    return {
      inputs: [
        draw.float(shape),
        { elements: "int64", shape: [count, depth], values: rows.flat(), constant: draw.chance(0.5) },
      ],
      attributes: { batch_dims: undefined },
    };
  },
  OneHot: (draw) => {
    const indices = draw.integer(draw.shape(0, 2), -5, 5);
    return {
      inputs: [indices, draw.number(draw.int(1, 4)), draw.float([2], true)],
      attributes: { axis: draw.axis(indices.shape.length + 1) },
    };
  },
  Slice: (draw) => {
    const shape = draw.shape(1, 3);
    const axes = [...new Set(draw.ints(draw.int(1, shape.length), 0, shape.length - 1))];
    const starts = draw.ints(axes.length, -6, 6);
    const ends = draw.ints(axes.length, -6, 6);
    return draw.opset < 10
      ? { inputs: [draw.float(shape)], attributes: { axes, starts, ends } }
      : {
          inputs: [
            draw.float(shape),
            draw.list(...starts),
            draw.list(...ends),
            draw.list(...axes),
            draw.list(...axes.map(() => draw.pick([-2, -1, 1, 2]))),
          ],
          attributes: { axes: undefined, starts: undefined, ends: undefined },
        };
  },
  Pad: (draw) => {
    const shape = draw.shape(1, 3).map((extent) => extent + 2);
    const mode = draw.pick(
      draw.opset >= 19 ? ["constant", "reflect", "edge", "wrap"] : ["constant", "reflect", "edge"],
    );
    const pads = draw.ints(2 * shape.length, mode === "constant" ? -1 : 0, 2);
    return draw.opset < 11
      ? { inputs: [draw.float(shape)], attributes: { mode, pads, value: float(0.5) } }
      : {
          inputs: [
            draw.float(shape),
            draw.list(...pads),
            mode === "constant" && draw.chance(0.5) ? draw.number(0.5, draw.floats) : undefined,
          ],
          attributes: { mode, pads: undefined, value: undefined },
        };
  },
  Transpose: (draw) => {
    const shape = draw.shape(0, 4);
    return {
      inputs: [draw.float(shape)],
      attributes: { perm: draw.chance(0.7) ? Array.from(draw.random.permutation(shape.length)) : undefined },
    };
  },
  Concat: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const at = (axis + shape.length) % shape.length;
    const part = () => draw.float(shape.map((extent, i) => (i === at ? draw.int(1, 3) : extent)));
    return { inputs: Array.from({ length: draw.int(1, 3) }, part), attributes: { axis } };
  },
  Split: (draw) => {
    const parts = draw.ints(draw.int(1, 3), 1, 3);
    const total = parts.reduce((a, b) => a + b, 0);
    const given = draw.chance(0.6) || draw.opset < 18;
    const [before, after] = [draw.shape(0, 1), draw.shape(0, 1)];
    const split = given ? parts : undefined;
    return {
      inputs: [draw.float([...before, total, ...after]), split && draw.opset >= 13 ? draw.list(...split) : undefined],
      attributes: {
        axis: before.length,
        split: draw.opset < 13 ? split : undefined,
        num_outputs: given ? undefined : parts.length,
      },
      outputs: parts.length,
    };
  },
  MatMul: (draw) => {
    const batch = draw.shape(0, 2);
    const [m, k, n] = draw.ints(3, 1, 4);
    return { inputs: [draw.float([...batch, m, k]), draw.float([...draw.beside(batch), k, n])] };
  },
  Gemm: (draw) => {
    const [m, k, n, transA, transB] = [draw.int(1, 4), draw.int(1, 4), draw.int(1, 4), draw.int(0, 1), draw.int(0, 1)];
    return {
      inputs: [
        draw.float(transA ? [k, m] : [m, k]),
        draw.float(transB ? [n, k] : [k, n], true),
        draw.chance(0.7) || draw.opset < 11 ? draw.float(draw.beside([m, n])) : undefined,
      ],
      attributes: { transA, transB },
    };
  },
  TopK: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const k = draw.int(1, shape[(axis + shape.length) % shape.length]);
    return {
      inputs: [draw.float(shape), draw.opset >= 10 ? draw.list(k) : undefined],
      attributes: { axis, k: draw.opset < 10 ? k : undefined, sorted: undefined },
      outputs: 2,
    };
  },
  CumSum: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.float(shape), draw.number(draw.axis(shape.length))] };
  },
  Clip: (draw) => {
    const limits = [draw.float([], true), draw.float([], true)];
    return draw.opset < 11
      ? { inputs: [draw.float(draw.shape(0, 3))], attributes: { min: float(-0.5), max: float(0.7) } }
      : {
          inputs: [draw.float(draw.shape(0, 3)), ...limits.map((each) => (draw.chance(0.5) ? each : undefined))],
          attributes: { min: undefined, max: undefined },
        };
  },
  Where: (draw) => {
    const shape = draw.shape(0, 3);
    return { inputs: [draw.bool(draw.beside(shape)), draw.float(shape), draw.float(draw.beside(shape))] };
  },
  BatchNormalization: (draw) => {
    const { inputs } = normalized(draw, 4);
    return {
      inputs: inputs.map((each, i) => (i === 4 && each ? withVariance(each) : each)),
      attributes: { training_mode: undefined, spatial: undefined },
    };
  },
  InstanceNormalization: (draw) => normalized(draw, 2),
  LayerNormalization: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.int(0, shape.length - 1);
    const rest = shape.slice(axis);
    return {
      inputs: [draw.float(shape), draw.float(rest, true), draw.chance(0.5) ? draw.float(rest, true) : undefined],
      attributes: { axis, stash_type: undefined },
    };
  },
  // Of one number alone the runtime's variance may be negative by rounding.
  MeanVarianceNormalization: (draw) => ({
    inputs: [draw.float([draw.int(2, 3), draw.int(1, 3), ...draw.ints(2, 1, 4)])],
  }),
  LRN: (draw) => ({
    inputs: [draw.float(image(draw))],
    attributes: { size: draw.pick([1, 3, 5]), beta: float(0.75), bias: float(1.5) },
  }),
  Reshape: (draw) => ({
    inputs: [draw.float([2, 3, 4]), draw.list(...draw.pick([[0, -1], [4, -1, 2], [-1], [2, 0, 2, 2], [24], [3, 8]]))],
  }),
  Expand: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.float(draw.beside(shape)), draw.list(...shape)] };
  },
  Tile: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.float(shape), draw.list(...draw.ints(shape.length, 0, 2))] };
  },
  Unsqueeze: (draw) => {
    const axes = draw.pick([[0], [1], [-1], [0, 2], [0, -1]]).filter((axis) => axis >= 0 || draw.opset >= 11);
    return draw.opset < 13
      ? { inputs: [draw.float(draw.shape(2, 3))], attributes: { axes } }
      : { inputs: [draw.float(draw.shape(2, 3)), draw.list(...axes)], attributes: { axes: undefined } };
  },
  Flatten: (draw) => ({
    inputs: [draw.float(draw.shape(2, 4))],
    attributes: { axis: draw.int(draw.opset < 11 ? 0 : -2, 2) },
  }),
  Trilu: (draw) => ({
    inputs: [draw.float([...draw.shape(0, 1), 3, 4]), draw.chance(0.7) ? draw.number(draw.int(-3, 4)) : undefined],
  }),
  EyeLike: (draw) => ({
    inputs: [draw.float(draw.ints(2, 1, 4))],
    attributes: { dtype: undefined, k: draw.int(-2, 2) },
  }),
  DepthToSpace: (draw) => ({
    inputs: [draw.float([1, 8, 2, 3])],
    attributes: { blocksize: 2, mode: draw.opset >= 11 ? draw.pick(["DCR", "CRD"]) : undefined },
  }),
  SpaceToDepth: (draw) => ({ inputs: [draw.float([1, 2, 4, 6])], attributes: { blocksize: 2 } }),
  Compress: (draw) => {
    const { data, axis, extent } = indexed(draw);
    const along = draw.chance(0.6);
    return {
      inputs: [data, draw.bool([along ? extent : draw.int(1, sizeOf(data.shape))], true)],
      attributes: { axis: along ? axis : undefined },
    };
  },
  Mod: (draw) => {
    const shape = draw.shape(0, 2);
    const whole = draw.chance(0.5);
    return whole
      ? { inputs: [draw.integer(shape, -9, 9), { ...draw.integer(shape, 1, 4) }], attributes: { fmod: draw.int(0, 1) } }
      : {
          inputs: [
            draw.float(shape),
            { ...draw.float(shape), values: shape.length === 0 ? [0.7] : draw.ints(sizeOf(shape), 1, 4) },
          ],
          attributes: { fmod: 1 },
        };
  },
  Cast: (draw) => ({
    inputs: [draw.chance(0.5) ? draw.float(draw.shape(0, 2)) : draw.integer(draw.shape(0, 2), -400, 400)],
    attributes: { to: draw.pick([1, 2, 3, 5, 6, 7, 9, 11]), saturate: undefined, round_mode: undefined },
  }),
};

/** Positive operands, or ones inside an interval, where a function has no other. */
const DOMAINS: Readonly<Record<string, (x: number) => number>> = {
  Log: (x) => Math.abs(x) + 0.1,
  Sqrt: (x) => Math.abs(x) + 0.1,
  Acosh: (x) => Math.abs(x) + 1.1,
  Asin: (x) => Math.tanh(x) * 0.9,
  Acos: (x) => Math.tanh(x) * 0.9,
  Atanh: (x) => Math.tanh(x) * 0.9,
  Pow: (x) => Math.abs(x) + 0.1,
  ReduceLogSum: (x) => Math.abs(x) + 0.1,
};

const BOOLEAN = new Set(["And", "Or", "Xor", "Not"]);
const SPECIAL = [Infinity, -Infinity, NaN, 0, -0];
/** Elementwise operators of which IEEE 754 says what they do with infinities and NaN. */
const TAKES_SPECIAL = new Set([
  "Add",
  "Sub",
  "Mul",
  "Neg",
  "Abs",
  "Relu",
  "IsNaN",
  "IsInf",
  "Equal",
  "Less",
  "Greater",
  "Where",
  "Identity",
]);
const INTEGER = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Equal",
  "Less",
  "Greater",
  "Max",
  "Min",
  "Abs",
  "Neg",
  "Relu",
  "Sign",
  "Sum",
]);

/** Rules that take or make what this generator does not feed: sequences, graphs, tensors in attributes, tables of few columns; and those that draw anew in every run. */
const NOT_DRAWN =
  /^(Sequence.*|Random.*|Bernoulli|Multinomial|SplitToSequence|ConcatFromSequence|If|Loop|Scan|Constant.*|ZipMap|Einsum|.*Loss|Range|NonZero|Shape|Size|Upsample|Scatter|CastLike|Dropout|Squeeze|Softmax.*Loss)$/;

export const FUZZED: readonly OnnxRule[] = ONNX_RULES.filter(
  (rule) =>
    (rule.domain === undefined || rule.domain === FUSED_DOMAIN || rule.domain === CLASSICAL_DOMAIN) &&
    !NOT_DRAWN.test(rule.op) &&
    !WITHOUT_KERNEL.includes(templateName(rule)),
);

function attributeOf(draw: Draw, name: string, use: AttributeUse, rank: number): AttributeValue | undefined {
  if (draw.opset < (use.from ?? 0) || draw.opset > (use.to ?? Infinity) || draw.chance(0.35)) return undefined;
  if (use.values) {
    const value = draw.pick(use.values);
    return typeof value === "string" || use.kind === "int" ? value : undefined;
  }
  if (use.kind === "int") return name === "axis" && rank > 0 ? draw.axis(rank) : draw.int(1, 2);
  if (use.kind === "float") return float(draw.pick([0.25, 0.5, 1.5]));
  return undefined;
}

function broadcastUse(draw: Draw, rule: OnnxRule): Use {
  const shape = draw.shape(0, 4);
  const count = rule.inputs === Infinity ? draw.int(1, 3) : rule.inputs;
  const make = (each: Shape) => {
    if (BOOLEAN.has(rule.op)) return draw.bool(each);
    if (INTEGER.has(rule.op) && wholes) {
      const operand = draw.integer(each, -9, 9, false, kind);
      return rule.op === "Div" ? { ...operand, values: operand.values.map((x) => x || 3) } : operand;
    }
    return draw.float(each);
  };
  const wholes = draw.chance(0.25);
  const kind = draw.pick(["int64", "int32"] as const);
  return { inputs: Array.from({ length: count }, (_, i) => make(i === 0 ? shape : draw.beside(shape))) };
}

/** One random use of a rule. */
function useOf(rule: OnnxRule, draw: Draw): Use {
  const use = (TEMPLATES[templateName(rule)] ?? ((each: Draw) => broadcastUse(each, rule)))(draw);
  const rank = use.inputs[0]?.shape.length ?? 0;
  const attributes: Record<string, AttributeValue | undefined> = {};
  for (const [name, each] of Object.entries(rule.attributes ?? {})) {
    attributes[name] =
      use.attributes && name in use.attributes
        ? draw.opset < (each.from ?? 0) || draw.opset > (each.to ?? Infinity)
          ? undefined
          : use.attributes[name]
        : attributeOf(draw, name, each, rank);
  }
  const domain = DOMAINS[rule.op];
  const special = TAKES_SPECIAL.has(rule.op) && draw.chance(0.2);
  const inputs = use.inputs.map((operand) => {
    if (!operand || (operand.elements !== "float" && operand.elements !== "double")) return operand;
    const values = domain ? operand.values.map((x) => Math.fround(domain(x))) : operand.values;
    return { ...operand, values: special ? values.map((x) => (draw.chance(0.3) ? draw.pick(SPECIAL) : x)) : values };
  });
  return { inputs, attributes, outputs: use.outputs };
}

/** Elementwise nodes behind the first one, so that constants fold and values are shared as in a network. */
const BEHIND = ["Relu", "Tanh", "Sigmoid", "Softplus", "Abs", "Neg", "Identity", "Atan"];

/** A file with one random node, or with a few elementwise ones behind it. */
export function fuzzFile(
  rule: OnnxRule,
  random: RandomStream,
  newestOpset: number,
  alter: (inputs: Use["inputs"]) => Use["inputs"] = (inputs) => inputs,
): FuzzFile {
  const first = FIRST_OPSET[templateName(rule)] ?? 7;
  const opset = first + random.integer(newestOpset + 1 - first);
  const double = !isSingleOnly(rule) && random.uniform() < 0.25;
  const draw = new Draw(random, rule.domain === undefined ? opset : 1, double ? "double" : "float");
  const { inputs: fitting, attributes = {}, outputs = 1 } = useOf(rule, draw);
  const inputs = alter(fitting);
  const names = inputs.map((each, i) => (each ? `i${i}` : ""));
  while (names[names.length - 1] === "") names.pop();
  const present = inputs.flatMap((operand, i) => (operand ? [{ name: names[i], operand }] : []));
  const made = Array.from({ length: outputs }, (_, i) => `o${i}`);
  const given = Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  const nodes: NodeSpec[] = [{ op: rule.op, domain: rule.domain, inputs: names, outputs: made, attributes: given }];
  // Narrow integers are computed in 64 bits, where sums do not wrap around.
  const isNarrow =
    rule.op === "QuantizeLinear" ||
    (rule.op === "Cast" && [2, 3, 5].includes(Number(given.to))) ||
    present.some(({ operand }) => operand.elements === "uint8");
  if (outputs === 1 && !isNarrow && draw.chance(0.4)) {
    const length = draw.int(1, 4);
    for (let i = 0; i < length; i++) {
      const last = nodes[nodes.length - 1].outputs[0];
      const op = draw.chance(0.4) ? draw.pick(["Add", "Mul", "Sub"]) : draw.pick(BEHIND);
      nodes.push({
        op,
        inputs: BEHIND.includes(op) ? [last] : [last, draw.pick(nodes).outputs[0]],
        outputs: [`n${i}`],
      });
    }
  }
  const results = outputs === 1 ? [nodes[nodes.length - 1].outputs[0]] : made;
  const bytes = modelBytes({
    opset,
    nodes,
    inputs: present
      .filter(({ operand }) => !operand.constant)
      .map(({ name, operand }) => valueInfo(name, operand.elements, operand.shape)),
    outputs: results.map((name) => ({ ...valueInfo(name, "float", []), type: undefined })),
    initializers: present
      .filter(({ operand }) => operand.constant)
      .map(({ name, operand }) => tensorProto(name, operand.elements, operand.shape, operand.values)),
  });
  const shapes = inputs.map((each) =>
    each ? `${each.constant ? "=" : ""}${each.elements}[${each.shape.join()}]` : "-",
  );
  return {
    label: `${templateName(rule)}-${opset}(${shapes.join(" ")}) ${JSON.stringify(given)} ${nodes
      .slice(1)
      .map(({ op }) => op)
      .join(" ")}`,
    bytes,
    feeds: new Map(present.filter(({ operand }) => !operand.constant).map(({ name, operand }) => [name, operand])),
    double,
  };
}
