import { he } from "./initializations/he.ts";
import type { NetBuilder } from "./net-builder.ts";
import { imageIn, type Net, refuseMore, sizesIn } from "./net.ts";

/** Channels of the three groups of blocks. */
const WIDTHS = [16, 32, 64] as const;

/** Two convolutions with their normalisations, and the way past them (torchvision's BasicBlock). */
function block(
  net: NetBuilder,
  name: string,
  x: string,
  [inputs, units]: readonly [number, number],
  stride: number,
): string {
  const conv = (part: string, value: string, from: number, kernel: number, step: number) =>
    net.conv(`${name}.${part}`, value, [from, units], {
      kernel,
      stride: step,
      padding: (kernel - 1) / 2,
      bias: false,
    });
  const norm = (part: string, value: string) => net.batchNormalization(`${name}.${part}`, value, units);
  const first = net.node("Relu", [norm("bn1", conv("conv1", x, inputs, 3, stride))]);
  const second = norm("bn2", conv("conv2", first, units, 3, 1));
  const past = inputs === units && stride === 1 ? x : norm("downsample.1", conv("downsample.0", x, inputs, 1, stride));
  return net.node("Relu", [net.node("Add", [second, past])]);
}

/** A residual network for small images, 6n + 2 layers deep. */
function residual(blocks: number): Net {
  const name = `resnet${6 * blocks + 2}`;
  return {
    name,
    form: `${name}[:CHANNELSxHEIGHTxWIDTH[:CLASSES]]`,
    summary: `a residual network of ${6 * blocks + 2} layers with BatchNormalization and projections; 3×32×32 and 10 classes by default`,
    source: "He 2016",
    examples: [name],
    read(words) {
      refuseMore(this, words, 2);
      const [channels, height, width] = imageIn(this, words[0] ?? "3x32x32");
      const [classes] = sizesIn(this, words[1] ?? "10", 1);
      return {
        initialization: he,
        write(net) {
          const image = net.input("x", "float32", [channels, height, width]);
          const stem = net.conv("conv1", image, [channels, WIDTHS[0]], { kernel: 3, padding: 1, bias: false });
          let x = net.node("Relu", [net.batchNormalization("bn1", stem, WIDTHS[0])]);
          let before: number = WIDTHS[0];
          WIDTHS.forEach((units, group) => {
            for (let i = 0; i < blocks; i++) {
              const stride = group > 0 && i === 0 ? 2 : 1;
              x = block(net, `layer${group + 1}.${i}`, x, [before, units], stride);
              before = units;
            }
          });
          const mean = net.node("Flatten", [net.node("GlobalAveragePool", [x])], { axis: 1 });
          net.output("output", net.linear("fc", mean, [before, classes]), [classes]);
        },
      };
    },
  };
}

export const resnet8 = residual(1);
export const resnet20 = residual(3);
