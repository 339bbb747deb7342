/*
 * The worker that reduces one symmetric matrix (`reduction-thread.ts`), tells how far it is, and sends what came of it.
 */
import { parentPort } from "node:worker_threads";
import { reduceSymmetric } from "../linalg/symmetric-eigen.ts";
import { errorDetails } from "../util/thalweg-error.ts";
import type { ReductionReply, ReductionTask } from "./reduction-thread.ts";

function tell(reply: ReductionReply, sent: readonly Float64Array[] = []): void {
  parentPort?.postMessage(
    reply,
    sent.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? buffer : [])),
  );
}

parentPort?.once("message", ({ matrix, n }: ReductionTask) => {
  try {
    const steps = reduceSymmetric(matrix, n);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) tell({ kind: "share", share: step.value });
    const reduction = step.value;
    tell(
      { kind: "done", reduction },
      reduction.flatMap(({ reflections, reduced }) => [reflections.vectors, reduced.chase.vectors]),
    );
  } catch (error) {
    tell({ kind: "error", error: errorDetails(error, "reduction-failed") });
  }
});
