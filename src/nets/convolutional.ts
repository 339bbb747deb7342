import { he } from "./initializations/he.ts";
import { badNet, type Net, refuseMore, shapeIn, sizesIn } from "./net.ts";

export const convolutional: Net = {
  name: "cnn",
  form: "cnn:CHANNELSxHEIGHTxWIDTH:CHANNELS-…-CLASSES",
  summary:
    "3×3 convolutions with ReLU, each pooled by 2, and a linear layer; of signals CHANNELSxLENGTH, convolutions of 3",
  source: "LeCun 1998",
  examples: ["cnn:1x8x8:16-32-10", "cnn:3x32x32:32-64-128-10", "cnn:1x40:32-64-64-10"],
  read(words) {
    refuseMore(this, words, 2);
    const [channels, ...extents] = shapeIn(this, words[0] ?? "");
    const sizes = sizesIn(this, words[1], 2);
    const layers = sizes.slice(0, -1);
    const classes = sizes[layers.length];
    const places = extents.map((extent) => layers.reduce((left) => Math.floor(left / 2), extent));
    const left = places.reduce((product, extent) => product * extent, 1);
    if (left === 0)
      throw badNet(this, `nothing is left of ${extents.join("×")} places behind ${layers.length} poolings`);
    return {
      initialization: he,
      ends: { first: "conv1", last: "fc" },
      write(net) {
        let x = net.input("x", "float32", [channels, ...extents]);
        layers.forEach((units, layer) => {
          const before = layer === 0 ? channels : layers[layer - 1];
          x = net.halved(
            net.node("Relu", [
              net.conv(`conv${layer + 1}`, x, [before, units], { kernel: 3, padding: 1, axes: extents.length }),
            ]),
            extents.length,
          );
        });
        const flat = net.node("Flatten", [x], { axis: 1 });
        net.output("output", net.linear("fc", flat, [layers[layers.length - 1] * left, classes]), [classes]);
      },
    };
  },
};
