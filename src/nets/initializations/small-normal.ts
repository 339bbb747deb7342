import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

const DEVIATION = 0.02;

export const smallNormal: Initialization = {
  name: "normal",
  summary: "normal, standard deviation 0.02, as transformers begin",
  source: "Radford 2019",
  draw: ({ shape }, random) => random.normalVector(sizeOf(shape)).map((x) => DEVIATION * x),
};
