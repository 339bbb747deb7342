import type { RunFolder } from "../io/run-folder.ts";
import { folderExecutor } from "../jobs/folder-executor.ts";
import { queueExecutor } from "../jobs/queue.ts";
import { workerPool } from "../jobs/worker-pool.ts";
import { type Executor, here } from "../runs/executor.ts";

/**
 * The executor that `--executor` names.
 *
 * @param folderOf the folder of the run, once it is there
 */
export function executorOf(name: string, folderOf: () => RunFolder): Executor {
  const [kind, rest = ""] = name.split(/:(.*)/s);
  if (kind === "workers") {
    return workerPool({
      workers: Number(rest),
      program: process.argv[1],
      argumentsOf: (folder, worker) => ["work", folder, "--name", worker, "--quiet"],
      folderOf,
    });
  }
  if (kind === "queue") return queueExecutor(rest, folderOf);
  return kind === "folder" ? folderExecutor(folderOf) : here;
}
