import { sizeOf } from "../util/tensor.ts";
import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/** Elements that the forward pass computes for each example. */
export function elementsPerExample(outputs: readonly Value[], batch: number): number {
  let elements = 0;
  for (const { shape, inputs } of reachable(outputs)) if (inputs.length > 0) elements += sizeOf(shape);
  return elements / batch;
}
