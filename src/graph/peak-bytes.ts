import { bytesOfRun, emissionOrder } from "./emission-order.ts";
import type { Value } from "./value.ts";

/**
 * Bytes that the values of one run hold at most at one time, inputs and constants not counted, in the order in which ONNX Runtime
 * runs the graph that is written of them ({@link emissionOrder}).
 *
 * Cost: one pass over the graph.
 */
export function peakBytes(outputs: readonly Value[]): number {
  return bytesOfRun(emissionOrder(outputs));
}
