import type { ModelFile } from "./decode-model.ts";
import type { FloatType } from "../util/tensor.ts";

/** The arithmetic of a model where none is asked for: float64 where a parameter has it, else float32. */
export function defaultPrecision({ parameters }: ModelFile): FloatType {
  return parameters.some(({ dtype }) => dtype === "float64") ? "float64" : "float32";
}
