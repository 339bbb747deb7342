import type { GraphOptions, Value } from "../graph/value.ts";
import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import type { Target } from "../graph/emitter.ts";
import { rebuild } from "../graph/traverse.ts";
import { spreadWinners } from "../ops/blocked-pool.ts";
import { keepBlocked } from "../ops/keep-blocked.ts";
import { maskedSoftmax } from "../ops/masked-softmax.ts";
import { sumOfRows } from "../ops/sum-rows.ts";

/** Lowerings may use operations that are lowered in turn; deeper chains than this are a bug. */
const DEPTH = 5;

/**
 * Rewrites the outputs, in a new graph, with operations that have kernels on the target. Every
 * operation decides for itself (`Operation.lower`); shared parts stay shared.
 */
export function lowerGraph(outputs: readonly Value[], target: Target, options: GraphOptions = {}): Value[] {
  let current = [...outputs];
  for (let depth = 0; depth < DEPTH; depth++) {
    let lowered = 0;
    current = rebuild(current, emptyGraphFor(current, options), (value, inputs) => {
      const replacement =
        value.operation.lower?.(value, inputs, target) ??
        keepBlocked(value, inputs) ??
        sumOfRows(value, inputs, target) ??
        maskedSoftmax(value, inputs, target);
      if (replacement) lowered++;
      return replacement;
    });
    inspected("lower", current);
    if (lowered === 0) return spreadWinners(current);
  }
  throw new RangeError("a lowering does not end");
}
