import { sizeOf } from "../../src/util/tensor.ts";
import type { Draw, Operand, Template, Use } from "./fuzz-draw.ts";
import { FUSED_DOMAIN } from "./fused-templates.ts";

/* Random uses of operators that pick elements by places or lengths, or by rounding. */

function gridSample(draw: Draw): Use {
  const rank = draw.pick([2, 2, 3]);
  const [examples, channels] = draw.ints(2, 1, 2);
  const extents = draw.ints(rank, 1, 5);
  const places = draw.float([examples, ...draw.ints(rank, 1, 3), rank], draw.chance(0.2));
  // Some lie far outside.
  const farness = draw.chance(0.3) ? 8 : 1;
  const modes = draw.opset < 20 ? ["bilinear", "nearest", "bicubic"] : ["linear", "nearest", "cubic"];
  return {
    inputs: [
      draw.float([examples, channels, ...extents]),
      { ...places, values: places.values.map((each) => Math.fround(farness * each)) },
    ],
    attributes: {
      // The runtime has cubic weights for images alone.
      mode: draw.pick(rank === 2 ? modes : modes.slice(0, 2)),
      padding_mode: draw.pick(["zeros", "border", "reflection"]),
      align_corners: draw.chance(0.5) ? draw.int(0, 1) : undefined,
    },
  };
}

function affineGrid(draw: Draw): Use {
  const rank = draw.pick([2, 3]);
  const examples = draw.int(1, 2);
  return {
    inputs: [
      draw.float([examples, rank, rank + 1], draw.chance(0.2)),
      draw.list(examples, draw.int(1, 2), ...draw.ints(rank, 1, 4)),
    ],
    attributes: { align_corners: draw.chance(0.5) ? draw.int(0, 1) : undefined },
  };
}

function reverseSequence(draw: Draw): Use {
  const shape = [...draw.ints(2, 1, 4), ...draw.shape(0, 2)];
  const time = draw.int(0, 1);
  return {
    inputs: [draw.float(shape), draw.integer([shape[1 - time]], 1, shape[time], draw.chance(0.5))],
    attributes: { time_axis: time, batch_axis: 1 - time },
  };
}

/** Scales and zero points for all numbers, or for each index of an axis. */
function grid(draw: Draw, shape: readonly number[], elements: "int8" | "uint8") {
  const axis = draw.opset >= 13 || draw.opset === 1 ? draw.axis(shape.length) : undefined;
  const extent = axis === undefined || draw.chance(0.5) ? undefined : shape[(axis + shape.length) % shape.length];
  const count = extent ?? 1;
  const each = extent === undefined ? [] : [extent];
  const scales = Array.from({ length: count }, () => Math.fround(draw.pick([0.0137, 0.0921, 0.3319])));
  const zeros = elements === "int8" ? draw.ints(count, -20, 20) : draw.ints(count, 0, 200);
  const scale: Operand = { elements: "float", shape: each, values: scales, constant: true };
  const zero: Operand = { elements, shape: each, values: zeros, constant: true };
  return { scale, zero, attributes: { axis: extent === undefined ? undefined : axis } };
}

const OF_ROUNDING = { block_size: undefined, output_dtype: undefined, precision: undefined, saturate: undefined };

function quantize(draw: Draw): Use {
  const shape = draw.shape(1, 3);
  const { scale, zero, attributes } = grid(draw, shape, draw.pick(["int8", "uint8"]));
  return { inputs: [draw.float(shape, draw.chance(0.2)), scale, zero], attributes: { ...attributes, ...OF_ROUNDING } };
}

function dequantize(draw: Draw): Use {
  const shape = draw.shape(1, 3);
  const elements = draw.pick(["int8", "uint8"] as const);
  const { scale, zero, attributes } = grid(draw, shape, elements);
  const size = sizeOf(shape);
  const values = elements === "int8" ? draw.ints(size, -128, 127) : draw.ints(size, 0, 255);
  return {
    inputs: [{ elements, shape, values, constant: draw.chance(0.5) }, scale, draw.chance(0.7) ? zero : undefined],
    attributes: { ...attributes, ...OF_ROUNDING },
  };
}

export const SAMPLING_TEMPLATES: Readonly<Record<string, Template>> = {
  GridSample: gridSample,
  AffineGrid: affineGrid,
  ReverseSequence: reverseSequence,
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  [`${FUSED_DOMAIN}.QuantizeLinear`]: quantize,
  [`${FUSED_DOMAIN}.DequantizeLinear`]: dequantize,
};
