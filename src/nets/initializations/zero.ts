import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

export const zero: Initialization = {
  name: "zero",
  summary: "every weight is 0: a saddle of most networks",
  source: "Saxe 2014",
  draw: ({ shape }) => new Float64Array(sizeOf(shape)),
};
