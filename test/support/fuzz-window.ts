import type { Draw, Template } from "./fuzz-draw.ts";
import type { AttributeValue } from "./onnx-model.ts";

/** The shape of a batch of images or rows. */
export const image = (draw: Draw, channels = draw.int(1, 3)): number[] => [
  draw.int(1, 2),
  channels,
  ...draw.ints(draw.int(1, 2), 4, 7),
];

/** Where a window goes. */
export function windowAttributes(
  draw: Draw,
  axes: number,
  kernel: readonly number[],
): Record<string, AttributeValue | undefined> {
  const pad = kernel.map((size) => draw.int(0, size - 1));
  const auto = draw.chance(0.3);
  return {
    auto_pad: auto ? draw.pick(["SAME_UPPER", "SAME_LOWER", "VALID"]) : undefined,
    pads: auto ? undefined : [...pad, ...kernel.map((size) => draw.int(0, size - 1))],
    // Where windows leave gaps the runtime's padding is negative, for which TensorFlow, whose name this is, has 0.
    strides: auto ? kernel.map((size) => draw.int(1, size)) : draw.ints(axes, 1, 3),
    dilations: draw.chance(0.3) && !auto ? draw.ints(axes, 1, 2) : undefined,
  };
}

/** Conv, or ConvTranspose. */
export function convolution(transposed: boolean): Template {
  return (draw) => {
    const group = draw.int(1, 2);
    const channels = group * draw.int(1, 2);
    const shape = image(draw, channels);
    const axes = shape.length - 2;
    const kernel = draw.ints(axes, 1, 3);
    const out = group * draw.int(1, 2);
    const weights = transposed ? [channels, out / group, ...kernel] : [out, channels / group, ...kernel];
    return {
      inputs: [draw.float(shape), draw.float(weights, true), draw.chance(0.5) ? draw.float([out], true) : undefined],
      attributes: {
        ...windowAttributes(draw, axes, kernel),
        group,
        kernel_shape: draw.chance(0.5) ? kernel : undefined,
        output_padding: undefined,
        output_shape: undefined,
      },
    };
  };
}
