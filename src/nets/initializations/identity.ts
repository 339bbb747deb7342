import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

export const identity: Initialization = {
  name: "identity",
  summary: "unit i passes input i on; of a kernel the middle counts",
  source: "Le 2015",
  draw({ shape: [units, inputs, ...kernel] }) {
    const size = sizeOf(kernel);
    const middle = kernel.reduce((at, extent) => at * extent + Math.floor((extent - 1) / 2), 0);
    const elements = new Float64Array(units * inputs * size);
    for (let i = 0; i < Math.min(units, inputs); i++) elements[(i * inputs + i) * size + middle] = 1;
    return elements;
  },
};
