import { he } from "./initializations/he.ts";
import { badNet, type Net, refuseMore, shapeIn, sizesIn } from "./net.ts";

/** Places that every other one of is kept of, behind a kernel with one place of padding on both sides. */
function halved(extent: number, kernel: number): number {
  return Math.floor((extent + 2 - kernel) / 2) + 1;
}

/** ConvBase of the MNIST-1D benchmark, for signals and images: a kernel of 5, then kernels of 3, no pooling. */
export const strided: Net = {
  name: "strided",
  form: "strided:CHANNELSxLENGTH:CHANNELS-…-CLASSES",
  summary:
    "convolutions of 5, then of 3, in steps of 2 with ReLU, and a linear layer; of images CHANNELSxHEIGHTxWIDTH, 5×5 and 3×3",
  source: "Greydanus & Kobak 2024",
  examples: ["strided:1x40:25-25-25-10", "strided:1x28x28:16-32-10"],
  read(words) {
    refuseMore(this, words, 2);
    const [channels, ...extents] = shapeIn(this, words[0] ?? "");
    const sizes = sizesIn(this, words[1], 2);
    const layers = sizes.slice(0, -1);
    const classes = sizes[layers.length];
    const kernelOf = (layer: number) => (layer === 0 ? 5 : 3);
    const places = extents.map((extent) => layers.reduce((left, _, layer) => halved(left, kernelOf(layer)), extent));
    if (places.some((left) => left < 1))
      throw badNet(this, `nothing is left of ${extents.join("×")} places behind ${layers.length} convolutions`);
    return {
      initialization: he,
      ends: { first: "conv1", last: "linear" },
      write(net) {
        let x = net.input("x", "float32", [channels, ...extents]);
        layers.forEach((units, layer) => {
          const before = layer === 0 ? channels : layers[layer - 1];
          const options = { kernel: kernelOf(layer), stride: 2, padding: 1, axes: extents.length };
          x = net.node("Relu", [net.conv(`conv${layer + 1}`, x, [before, units], options)]);
        });
        const flat = net.node("Flatten", [x], { axis: 1 });
        const inputs = places.reduce((product, left) => product * left, layers[layers.length - 1]);
        net.output("output", net.linear("linear", flat, [inputs, classes]), [classes]);
      },
    };
  },
};
