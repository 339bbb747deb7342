import { Worker } from "node:worker_threads";
import type { SymmetricReduction } from "../linalg/symmetric-eigen.ts";
import { ThalwegError, type ErrorDetails } from "../util/thalweg-error.ts";
import type { ReductionThread } from "./runtime.ts";

/** What the worker is sent: a matrix in shared memory is read there, another one copied. */
export interface ReductionTask {
  readonly matrix: Float64Array;
  readonly n: number;
}

export type ReductionReply =
  | { readonly kind: "share"; readonly share: number }
  | { readonly kind: "done"; readonly reduction: SymmetricReduction }
  | { readonly kind: "error"; readonly error: ErrorDetails };

/** `openReduction` of a runtime in Node: a thread for each matrix, from the built `reduction-worker.js`. */
export function openReduction(worker: URL): ReductionThread {
  // The worker is a file of ours: flags of the caller's process (--input-type) do not fit it.
  const thread = new Worker(worker, { execArgv: [] });
  const ended = new Promise<never>((_, reject) => {
    thread.on("error", reject);
    thread.on("exit", () => reject(threadEnded()));
  });
  // Whoever waits for the thread hears of it; it may end while nobody does.
  ended.catch(() => undefined);
  return {
    reduce(matrix, n, goesOn) {
      const reduced = new Promise<SymmetricReduction | undefined>((resolve, reject) => {
        thread.on("message", (reply: ReductionReply) => {
          try {
            if (reply.kind === "error") throw new ThalwegError(reply.error);
            if (reply.kind === "done") resolve(reply.reduction);
            else if (!goesOn(reply.share)) resolve(undefined);
          } catch (error) {
            reject(error);
          }
        });
        const task: ReductionTask = { matrix, n };
        thread.postMessage(task, []);
      });
      return Promise.race([ended, reduced]);
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}

function threadEnded(): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "thread-ended",
    message: "The thread that takes a matrix apart ended before it was done.",
    hint: "If memory ran out, a smaller --exact-limit or --threads 1 needs less.",
  });
}
