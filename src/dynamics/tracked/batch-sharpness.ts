import { batchSharpness as measureBatchSharpness } from "../../landscape/trajectory/batch-sharpness.ts";
import type { Tracked } from "./tracked.ts";

/** Share of the examples of the steps between two measurements that its batches take. */
const SHARE = 1 / 8;
/** Fewer have no interval. */
const LEAST_BATCHES = 4;

export const batchSharpness: Tracked = {
  name: "batch-sharpness",
  title: "Batch sharpness",
  summary: "E gᵀHg/‖g‖² of mini-batches, each of its own loss: what settles at 2/η under mini-batch SGD",
  source: "Andreyev & Beneventano 2024",
  axis: "curvature along the gradient of a batch",
  says: "Over random batches of all examples, the same at each measurement; the error is the standard error over the batches.",
  isOfExamples: false,
  cost: 0,
  needsFixedLoss: true,
  // 2/η is known for plain SGD alone.
  limits: ({ isPlain }) => (isPlain ? "batch sharpness" : undefined),
  async measure({ problem, point, batch, between, random, context }) {
    const batches = Math.max(LEAST_BATCHES, Math.floor((SHARE * between) / batch));
    const found = await measureBatchSharpness(
      problem,
      point.parameters,
      { size: batch, batches, rounding: 0 },
      random,
      { ...context, progress: undefined },
    );
    if (found === undefined) return [];
    const { value, standardError } = found.plain;
    return [{ series: "batch sharpness", value, error: standardError }];
  },
};
