import { sizeOf, type Shape } from "../../src/util/tensor.ts";
import type { Draw, Operand, Template } from "./fuzz-draw.ts";
import { float, type AttributeValue, type Elements } from "./onnx-model.ts";

/* Random uses of operators that networks have less often: scatters that combine, running products, croppings. */

const DATA = ["none", "add", "mul", "max", "min"];

/** How a scatter combines what is written to one place, in the opsets that know of it. */
function reductionOf(draw: Draw): string | undefined {
  if (draw.opset < 16 || draw.chance(0.3)) return undefined;
  return draw.pick(draw.opset < 18 ? DATA.slice(0, 3) : DATA);
}

/** Integers on the bits of which operators work. */
function bits(draw: Draw, shape: Shape, elements: Elements): Operand {
  return draw.integer(
    shape,
    elements === "uint8" ? 0 : -99,
    elements === "uint8" ? 255 : 99,
    draw.chance(0.3),
    elements,
  );
}

const bitwise =
  (operands: number): Template =>
  (draw) => {
    const shape = draw.shape(0, 3);
    const elements = draw.pick(["int64", "int32", "uint8"] as const);
    return {
      inputs: Array.from({ length: operands }, (_, i) => bits(draw, i === 0 ? shape : draw.beside(shape), elements)),
    };
  };

/** From half a spectrum the runtime gives wrong numbers where the length is given. */
const dft: Template = (draw) => {
  const oneSided = draw.chance(0.4);
  const inverse = draw.chance(0.4);
  const shape = [...draw.ints(draw.int(1, 3), 2, 6), oneSided && !inverse ? 1 : 2];
  const axis = draw.int(0, shape.length - 2);
  const length = draw.chance(0.5) && !(inverse && oneSided) ? draw.number(draw.int(1, 8)) : undefined;
  return {
    inputs: [draw.float(shape), length, draw.opset >= 20 ? draw.number(axis) : undefined],
    attributes: { axis, inverse: Number(inverse), onesided: Number(oneSided) },
  };
};

/** Of complex signals the runtime's numbers are what stands behind them in memory. */
const stft: Template = (draw) => {
  const [length, step] = [draw.int(2, 6), draw.int(1, 4)];
  return {
    inputs: [
      draw.float([draw.int(1, 2), draw.int(length, 14), 1]),
      draw.number(step),
      draw.chance(0.6) ? draw.float([length], true) : undefined,
      draw.number(length),
    ],
    attributes: { onesided: draw.int(0, 1) },
  };
};

const windowOfSize: Template = (draw) => ({
  inputs: [draw.number(draw.int(2, 9))],
  attributes: { output_datatype: draw.pick([1, 11]) },
});

const blocks: Template = (draw) => {
  const image = draw.ints(2, 2, 6);
  const kernel = image.map((extent) => draw.int(1, Math.min(extent, 3)));
  const dilations = image.map((extent, k) => (2 * (kernel[k] - 1) < extent ? draw.int(1, 2) : 1));
  const strides = draw.ints(2, 1, 3);
  const pads = draw.ints(4, 0, 2);
  const count = image.reduce((product, extent, k) => {
    const rest = extent + pads[k] + pads[2 + k] - dilations[k] * (kernel[k] - 1) - 1;
    return product * (Math.floor(rest / strides[k]) + 1);
  }, 1);
  const rows = draw.int(1, 3) * kernel[0] * kernel[1];
  return {
    inputs: [draw.float([draw.int(1, 2), rows, count]), draw.list(...image), draw.list(...kernel)],
    attributes: { dilations, strides, pads },
  };
};

/** Indices that differ, so that no order of writing matters. */
const unpool: Template = (draw) => {
  const [n, channels, h, w] = draw.ints(4, 1, 3);
  const kernel = draw.ints(2, 1, 3);
  const strides = draw.ints(2, 1, 3);
  const size = n * channels * ((h - 1) * strides[0] + kernel[0]) * ((w - 1) * strides[1] + kernel[1]);
  const shape = [n, channels, h, w];
  const values = Array.from(draw.random.permutation(Math.max(size, sizeOf(shape)))).slice(0, sizeOf(shape));
  const fits = values.every((index) => index < size);
  return {
    inputs: [
      draw.float(shape),
      { elements: "int64", shape, values: fits ? values : values.map(() => 0), constant: draw.chance(0.5) },
    ],
    attributes: { kernel_shape: kernel, strides, pads: undefined },
  };
};

const regions: Template = (draw) => {
  const [n, channels] = draw.ints(2, 1, 3);
  const count = draw.int(1, 3);
  const values = Array.from({ length: count }, () => {
    const [x, y, w, h] = Array.from({ length: 4 }, () => draw.int(0, 40) / 8 + 0.06);
    return [x - 1, y - 1, x + w, y + h];
  });
  const given = draw.chance(0.6);
  return {
    inputs: [
      draw.float([n, channels, draw.int(2, 7), draw.int(2, 7)]),
      { elements: draw.floats, shape: [count, 4], values: values.flat(), constant: !given || draw.chance(0.5) },
      draw.integer([count], 0, n - 1, draw.chance(0.5)),
    ],
    attributes: {
      output_height: draw.int(1, 3),
      output_width: draw.int(1, 3),
      sampling_ratio: given ? draw.int(1, 3) : 0,
      spatial_scale: float(draw.pick([0.5, 1])),
    },
  };
};

/** Linear models and what stands before them. */
export const CLASSICAL_DOMAIN = "ai.onnx.ml";
const classical = (op: string) => `${CLASSICAL_DOMAIN}.${op}`;

const numbers = (draw: Draw, count: number) => Array.from(draw.float([count]).values, (value) => float(value));

function linear(draw: Draw): { outputs: number; features: number; attributes: Record<string, AttributeValue> } {
  const [outputs, features] = [draw.int(2, 4), draw.int(1, 4)];
  return {
    outputs,
    features,
    attributes: { coefficients: numbers(draw, outputs * features), intercepts: numbers(draw, outputs) },
  };
}

const CLASSICAL_TEMPLATES: Readonly<Record<string, Template>> = {
  [classical("LinearRegressor")]: (draw) => {
    const { outputs, features, attributes } = linear(draw);
    return {
      inputs: [draw.float([draw.int(1, 4), features])],
      attributes: { ...attributes, targets: outputs, post_transform: undefined },
    };
  },
  [classical("LinearClassifier")]: (draw) => {
    const { outputs, features, attributes } = linear(draw);
    const classlabels_ints = Array.from({ length: outputs }, (_, i) => 3 * i - 1);
    return {
      inputs: [draw.float([draw.int(1, 4), features])],
      attributes: { ...attributes, classlabels_ints, classlabels_strings: undefined },
      outputs: 2,
    };
  },
  [classical("Scaler")]: (draw) => {
    const shape = draw.ints(2, 1, 4);
    const count = draw.chance(0.5) ? 1 : shape[1];
    return {
      inputs: [draw.float(shape)],
      attributes: { offset: numbers(draw, count), scale: numbers(draw, count) },
    };
  },
  [classical("Normalizer")]: (draw) => ({ inputs: [draw.float(draw.ints(2, 1, 4))] }),
};

const deformed: Template = (draw) => {
  const [group, offset_group] = [draw.int(1, 2), draw.int(1, 2)];
  const channels = 2 * draw.int(1, 2);
  const outputs = group * draw.int(1, 2);
  const image = draw.ints(2, 3, 6);
  const kernel = draw.ints(2, 1, 2);
  const [strides, dilations, pads] = [draw.ints(2, 1, 2), draw.ints(2, 1, 2), draw.ints(4, 0, 1)];
  const out = image.map((extent, k) => {
    const rest = extent + pads[k] + pads[2 + k] - dilations[k] * (kernel[k] - 1) - 1;
    return Math.floor(rest / strides[k]) + 1;
  });
  const n = draw.int(1, 2);
  const taps = offset_group * kernel[0] * kernel[1];
  return {
    inputs: [
      draw.float([n, channels, ...image]),
      draw.float([outputs, channels / group, ...kernel], true),
      draw.float([n, 2 * taps, ...out]),
      draw.chance(0.5) ? draw.float([outputs], true) : undefined,
      draw.chance(0.5) ? draw.float([n, taps, ...out]) : undefined,
    ],
    attributes: { group, offset_group, kernel_shape: kernel, strides, dilations, pads },
  };
};

export const FURTHER_TEMPLATES: Readonly<Record<string, Template>> = {
  ...CLASSICAL_TEMPLATES,
  Det: (draw) => {
    const rows = draw.int(1, 5);
    return { inputs: [draw.float([...draw.shape(0, 2), rows, rows])] };
  },
  ScatterElements: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const extent = shape[(axis + shape.length) % shape.length];
    const picked = shape.map((each, i) => draw.int(1, i === (axis + shape.length) % shape.length ? 5 : each));
    return {
      inputs: [
        draw.float(shape, draw.chance(0.3)),
        draw.integer(picked, -extent, extent - 1, draw.chance(0.5)),
        draw.float(picked),
      ],
      attributes: { axis, reduction: reductionOf(draw) },
    };
  },
  ScatterND: (draw) => {
    const shape = draw.shape(1, 3);
    const depth = draw.int(1, shape.length);
    const count = draw.int(1, 5);
    const columns = Array.from({ length: count }, () =>
      shape.slice(0, depth).map((extent) => draw.int(-extent, extent - 1)),
    );
    return {
      inputs: [
        draw.float(shape),
        { elements: "int64", shape: [count, depth], values: columns.flat(), constant: draw.chance(0.5) },
        draw.float([count, ...shape.slice(depth)]),
      ],
      attributes: { reduction: reductionOf(draw) },
    };
  },
  TensorScatter: (draw) => {
    const shape = [draw.int(1, 3), ...draw.ints(draw.int(1, 3), 1, 4)];
    const axis = draw.int(1, shape.length - 1);
    const count = draw.int(1, shape[axis]);
    const isCircular = draw.chance(0.5);
    const first = draw.integer([shape[0]], 0, isCircular ? shape[axis] - 1 : shape[axis] - count, draw.chance(0.5));
    return {
      inputs: [
        draw.float(shape),
        draw.float(shape.map((extent, each) => (each === axis ? count : extent))),
        draw.chance(0.7) ? first : undefined,
      ],
      attributes: { axis: draw.chance(0.5) ? axis : axis - shape.length, mode: isCircular ? "circular" : undefined },
    };
  },
  BitwiseAnd: bitwise(2),
  BitwiseOr: bitwise(2),
  BitwiseXor: bitwise(2),
  BitwiseNot: bitwise(1),
  BitShift: (draw) => {
    const shape = draw.shape(0, 3);
    const amounts = draw.integer(draw.beside(shape), 0, 9, draw.chance(0.3), "uint8");
    return { inputs: [bits(draw, shape, "uint8"), amounts], attributes: { direction: draw.pick(["LEFT", "RIGHT"]) } };
  },
  Unique: (draw) => {
    const shape = draw.shape(1, 3);
    const along = draw.chance(0.6);
    return {
      inputs: [draw.integer(shape, 0, along ? 1 : 4, true)],
      attributes: { axis: along ? draw.axis(shape.length) : undefined, sorted: draw.int(0, 1) },
      outputs: 4,
    };
  },
  DeformConv: deformed,
  Col2Im: blocks,
  MaxUnpool: unpool,
  RoiAlign: regions,
  DFT: dft,
  STFT: stft,
  HannWindow: windowOfSize,
  HammingWindow: windowOfSize,
  BlackmanWindow: windowOfSize,
  MelWeightMatrix: (draw) => {
    const rate = draw.pick([8000, 16000]);
    return {
      inputs: [
        draw.number(draw.int(1, 9)),
        draw.number(draw.int(30, 80)),
        draw.number(rate),
        draw.number(draw.pick([0, 23, 311]), "float"),
        draw.number(draw.pick([rate / 2.1, rate / 3.1]), "float"),
      ],
      attributes: { output_datatype: draw.pick([1, 11]) },
    };
  },
  CumProd: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.float(shape), draw.number(draw.axis(shape.length))] };
  },
  CenterCropPad: (draw) => {
    const shape = draw.shape(1, 4);
    const axes = draw.chance(0.6)
      ? Array.from(draw.random.permutation(shape.length)).slice(0, draw.int(1, shape.length))
      : undefined;
    return {
      inputs: [draw.float(shape), draw.list(...draw.ints((axes ?? shape).length, 1, 6))],
      attributes: { axes: axes?.map((axis) => (draw.chance(0.5) ? axis - shape.length : axis)) },
    };
  },
};
