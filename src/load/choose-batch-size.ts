import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";

/** Elements that the values of one forward pass may hold: 64 MiB of float32. */
const ELEMENTS = 16 * 2 ** 20;

/** Elements that the forward pass computes for each example. */
export function elementsPerExample(outputs: readonly Value[], batch: number): number {
  let elements = 0;
  for (const { shape, inputs } of reachable(outputs)) if (inputs.length > 0) elements += sizeOf(shape);
  return elements / batch;
}

/**
 * A batch size for which one pass fits into memory, and which cuts the examples into batches of as
 * equal size as possible. The result of a measurement does not depend on it.
 */
export function chooseBatchSize(examples: number, perExample: number): number {
  const fitting = Math.max(1, Math.floor(ELEMENTS / Math.max(1, perExample)));
  return Math.ceil(examples / Math.ceil(examples / fitting));
}
