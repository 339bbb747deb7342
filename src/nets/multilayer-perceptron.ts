import { ACTIVATIONS } from "./activations.ts";
import { badNet, type Net, refuseMore, sizesIn } from "./net.ts";

const names = ACTIVATIONS.map(({ name }) => name);

export const multilayerPerceptron: Net = {
  name: "mlp",
  form: "mlp:IN-HIDDEN-…-OUT[:ACTIVATION]",
  summary: `fully connected layers; activations ${names.join(", ")} (default relu)`,
  source: "Rumelhart 1986",
  examples: ["mlp:64-32-10:tanh", "mlp:784-256-256-10"],
  read(words) {
    refuseMore(this, words, 2);
    const sizes = sizesIn(this, words[0], 2);
    const activation = ACTIVATIONS.find(({ name }) => name === (words[1] ?? "relu"));
    if (activation === undefined) throw badNet(this, `"${words[1]}" is no activation; there are ${names.join(", ")}`);
    return {
      initialization: activation.initialization,
      write(net) {
        let x = net.input("x", "float32", [sizes[0]]);
        const last = sizes.length - 2;
        for (let layer = 0; layer <= last; layer++) {
          // As in torch.nn.Sequential, where activations are numbered, too.
          x = net.linear(String(2 * layer), x, [sizes[layer], sizes[layer + 1]]);
          if (layer < last) x = activation.apply(net, x);
        }
        net.output("output", x, [sizes[last + 1]]);
      },
    };
  },
};
