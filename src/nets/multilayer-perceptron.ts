import { ACTIVATIONS } from "./activations.ts";
import { badNet, type Net, refuseMore, shapeIn, sizesIn } from "./net.ts";

const names = ACTIVATIONS.map(({ name }) => name);

export const multilayerPerceptron: Net = {
  name: "mlp",
  form: "mlp:IN-HIDDEN-…-OUT[:ACTIVATION]",
  summary: `fully connected layers, of numbers or of images CHANNELSxHEIGHTxWIDTH; activations ${names.join(", ")} (default relu)`,
  source: "Rumelhart 1986",
  examples: ["mlp:64-32-10:tanh", "mlp:784-256-256-10", "mlp:1x8x8-256-10"],
  read(words) {
    refuseMore(this, words, 2);
    const [first, ...others] = (words[0] ?? "").split("-");
    const image = first.includes("x") ? shapeIn(this, first) : undefined;
    const pixels = image?.reduce((product, extent) => product * extent, 1);
    const sizes = sizesIn(this, pixels === undefined ? words[0] : [pixels, ...others].join("-"), 2);
    const activation = ACTIVATIONS.find(({ name }) => name === (words[1] ?? "relu"));
    if (activation === undefined) throw badNet(this, `"${words[1]}" is no activation; there are ${names.join(", ")}`);
    // As in torch.nn.Sequential, where activations are numbered, too, and nn.Flatten.
    const nameOf = (layer: number) => String(2 * layer + (image ? 1 : 0));
    const last = sizes.length - 2;
    return {
      initialization: activation.initialization,
      ends: { first: nameOf(0), last: nameOf(last) },
      write(net) {
        let x = net.input("x", "float32", image ?? [sizes[0]]);
        if (image) x = net.node("Flatten", [x], { axis: 1 });
        for (let layer = 0; layer <= last; layer++) {
          x = net.linear(nameOf(layer), x, [sizes[layer], sizes[layer + 1]]);
          if (layer < last) x = activation.apply(net, x);
        }
        net.output("output", x, [sizes[last + 1]]);
      },
    };
  },
};
