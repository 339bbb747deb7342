import { lecun } from "./initializations/lecun.ts";
import { type Net, refuseMore, sizesIn } from "./net.ts";

export const deepLinear: Net = {
  name: "deep-linear",
  form: "deep-linear:IN-HIDDEN-…-OUT",
  summary: "a product of matrices without biases: all of its critical points are known",
  source: "Baldi 1989",
  examples: ["deep-linear:4-2-4"],
  read(words) {
    refuseMore(this, words, 1);
    const sizes = sizesIn(this, words[0], 2);
    return {
      initialization: lecun,
      ends: { first: "0", last: String(sizes.length - 2) },
      write(net) {
        const x = net.input("x", "float32", [sizes[0]]);
        const layers = sizes.slice(1);
        const y = layers.reduce((at, units, layer) => net.linear(String(layer), at, [sizes[layer], units], false), x);
        net.output("output", y, [sizes[sizes.length - 1]]);
      },
    };
  },
};
