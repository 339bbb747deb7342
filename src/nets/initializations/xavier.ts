import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

export const xavier: Initialization = {
  name: "xavier",
  summary: "uniform within ±√(6/(inputs + units)): keeps sizes both ways through units that are linear near 0",
  source: "Glorot 2010",
  draw({ shape, fanIn, fanOut }, random) {
    const bound = Math.sqrt(6 / (fanIn + fanOut));
    return Float64Array.from({ length: sizeOf(shape) }, () => bound * (2 * random.uniform() - 1));
  },
};
