import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

/**
 * y = Wx/√inputs with W of variance 1: under one step size the function moves alike at every width, and the tangent kernel has a
 * limit in which the features stand still (Jacot 2018).
 */
export const ntk: Initialization = {
  name: "ntk",
  summary: "normal, variance 1, and the network divides by √inputs: a step moves the function alike at every width",
  source: "Jacot 2018",
  draw: ({ shape }, random) => random.normalVector(sizeOf(shape)),
  factor: ({ fanIn }) => 1 / Math.sqrt(fanIn),
};
