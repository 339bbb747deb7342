import { Worker } from "node:worker_threads";
import type { PackedBlocks } from "../linalg/lower-rows.ts";
import { packSymmetric, type SymmetricReduction } from "../linalg/symmetric-eigen.ts";
import { ThalwegError, type ErrorDetails } from "../util/thalweg-error.ts";
import type { Runtime } from "./runtime.ts";

/** What the worker is started with. */
export interface ReductionTask {
  readonly blocks: PackedBlocks;
}

export type ReductionReply =
  | { readonly kind: "share"; readonly share: number }
  | { readonly kind: "done"; readonly reduction: SymmetricReduction }
  | { readonly kind: "error"; readonly error: ErrorDetails };

/** `reduceSymmetric` of a runtime in Node: a thread for each matrix, from the built `reduction-worker.js`. */
export function reductionThread(worker: URL): NonNullable<Runtime["reduceSymmetric"]> {
  return async (matrix, n, goesOn) => {
    const task: ReductionTask = { blocks: packSymmetric(matrix, n) };
    // The worker is a file of ours: flags of the caller's process (--input-type) do not fit it.
    const thread = new Worker(worker, {
      workerData: task,
      transferList: [task.blocks.elements].flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? buffer : [])),
      execArgv: [],
    });
    try {
      return await new Promise<SymmetricReduction | undefined>((resolve, reject) => {
        thread.on("message", (reply: ReductionReply) => {
          try {
            if (reply.kind === "error") throw new ThalwegError(reply.error);
            if (reply.kind === "done") resolve(reply.reduction);
            else if (!goesOn(reply.share)) resolve(undefined);
          } catch (error) {
            reject(error);
          }
        });
        thread.on("error", reject);
        thread.on("exit", () =>
          reject(
            new ThalwegError({
              kind: "internal",
              code: "thread-ended",
              message: `The thread that takes a matrix of dimension ${n} apart ended before it was done.`,
              hint: "If memory ran out, a smaller --exact-limit or --threads 1 needs less.",
            }),
          ),
        );
      });
    } finally {
      await thread.terminate();
    }
  };
}
