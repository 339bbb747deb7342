import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

export const he: Initialization = {
  name: "he",
  summary: "normal, variance 2/inputs: keeps the size of what goes through ReLU",
  source: "He 2015",
  draw({ shape, fanIn }, random) {
    const deviation = Math.sqrt(2 / fanIn);
    return random.normalVector(sizeOf(shape)).map((x) => deviation * x);
  },
};
