import { setTimeout as sleep } from "node:timers/promises";
import type { RunFolder } from "../io/run-folder.ts";
import type { Executor, Job } from "../runs/executor.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import { openLeases } from "./leases.ts";

/** Between two looks at the folder, in milliseconds. */
const PAUSE = 100;

/** One thread of the engine for each task: several are done at once. */
const THREADS = 1;

/**
 * Waits until others have done all tasks: whoever calls `thalweg work` on the folder, on any machine that shares it.
 *
 * @param folderOf the folder of the run, once it is there
 * @param help what else hands out the work: called with the job before the waiting begins; its `check` is called at every look
 */
export function folderExecutor(
  folderOf: () => RunFolder,
  help: (job: Job, folder: RunFolder) => Promise<Helper> = () => Promise.resolve(NO_HELP),
): Executor {
  return {
    threads: THREADS,
    async run(job) {
      const folder = folderOf();
      const leases = openLeases(folder.path, { worker: "coordinator", lasts: 0, clock: () => performance.now() });
      leases.forgive();
      const said = folder.follow();
      const helper = await help(job, folder);
      try {
        let open = job.tasks;
        while (open.length > 0) {
          throwIfInterrupted(job.context);
          folder.requireOurs();
          for (const event of said()) job.listener(event);
          const done = open.filter(job.isDone);
          done.forEach(job.onDone);
          open = open.filter((task) => !done.includes(task));
          const failure = open.map(({ hash }) => leases.failure(hash)).find((each) => each !== undefined);
          if (failure !== undefined) throw failure;
          await helper.check(open);
          if (done.length === 0) await sleep(PAUSE);
        }
      } finally {
        await helper.close();
      }
    },
  };
}

/** What hands out the work while the executor waits. */
export interface Helper {
  /** @throws what keeps the work from going on */
  check(open: Job["tasks"]): Promise<void>;
  close(): Promise<void>;
}

const NO_HELP: Helper = { check: () => Promise.resolve(), close: () => Promise.resolve() };
