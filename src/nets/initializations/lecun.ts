import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

export const lecun: Initialization = {
  name: "lecun",
  summary: "normal, variance 1/inputs: keeps the size of what goes through linear units",
  source: "LeCun 1998",
  draw({ shape, fanIn }, random) {
    const deviation = Math.sqrt(1 / fanIn);
    return random.normalVector(sizeOf(shape)).map((x) => deviation * x);
  },
};
