import type { RunFolder } from "../io/run-folder.ts";
import { folderExecutor } from "../jobs/folder-executor.ts";
import { queueExecutor } from "../jobs/queue.ts";
import { workerPool } from "../jobs/worker-pool.ts";
import { type Executor, here } from "../runs/executor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** What `--executor` can name. */
interface ExecutorKind {
  /** As it is typed. */
  readonly form: string;
  /** Who does the tasks, where the form does not say it. */
  readonly by?: string;
  /** All that can be typed; what its group holds says how many, or where. */
  readonly pattern: RegExp;
  /** @param folderOf the folder of the run, once it is there */
  of(detail: string, folderOf: () => RunFolder): Executor;
}

const EXECUTORS: readonly ExecutorKind[] = [
  { form: "here", pattern: /^here$/, of: () => here },
  {
    form: "workers:N",
    by: "processes",
    pattern: /^workers:([1-9]\d*)$/,
    of: (workers, folderOf) =>
      workerPool({
        workers: Number(workers),
        program: process.argv[1],
        argumentsOf: (folder, worker) => ["work", folder, "--name", worker, "--quiet"],
        folderOf,
      }),
  },
  {
    form: "folder",
    by: "`thalweg work`",
    pattern: /^folder$/,
    of: (_detail, folderOf) => folderExecutor(folderOf),
  },
  { form: "queue:redis://HOST:PORT", pattern: /^queue:(rediss?:\/\/.+)$/, of: queueExecutor },
];

/** What can be typed, in the words of help. */
export const EXECUTOR_FORMS = EXECUTORS.map(({ form, by }) => (by === undefined ? form : `${form} (${by})`)).join(", ");

/** Whether `--executor` can name it. */
export function isExecutor(name: string): boolean {
  return EXECUTORS.some(({ pattern }) => pattern.test(name));
}

/**
 * The executor that `--executor` names.
 *
 * @param folderOf the folder of the run, once it is there
 * @throws internal error `no-executor` for what {@link isExecutor} refuses
 */
export function executorOf(name: string, folderOf: () => RunFolder): Executor {
  for (const { pattern, of } of EXECUTORS) {
    const found = pattern.exec(name);
    if (found !== null) return of(found[1] ?? "", folderOf);
  }
  throw new ThalwegError({ kind: "internal", code: "no-executor", message: `There is no executor "${name}".` });
}
