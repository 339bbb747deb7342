import { setTimeout as sleep } from "node:timers/promises";
import type { RunFolder } from "../io/run-folder.ts";
import type { Task } from "../runs/task.ts";
import { resultOf } from "../runs/task-store.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type Lease, type Leases, openLeases } from "./leases.ts";

export interface WorkOptions {
  readonly folder: RunFolder;
  /** Unique among all that work on the run. */
  readonly worker: string;
  /** Milliseconds after which a worker that shows no sign of life is believed dead. */
  readonly leaseLasts: number;
  /** Does a task and puts its result into the folder. */
  readonly perform: (task: Task) => Promise<void>;
  readonly context: RunContext;
  /** Called once where the run has not said for a while what there is to do. */
  readonly onNothingListed?: () => void;
}

/** Between two looks at what others do, in milliseconds. */
const PAUSE = 100;

/** How long a run has to say what there is to do until somebody is told that it has not, in milliseconds. */
const LATE = 2000;

/** Signs of life while a lease lasts. */
const BEATS = 5;

/**
 * Does tasks of a run until all that are listed are done, by whomever; returns how many were done here. While others are
 * at the last ones it waits, to take over what they leave.
 *
 * @throws what a task threw that cannot be done, and `interrupted`
 */
export async function work(options: WorkOptions): Promise<number> {
  const { folder, worker, leaseLasts, perform, context } = options;
  await untilListed(options);
  const leases = openLeases(folder.path, { worker, lasts: leaseLasts, clock: () => performance.now() });
  const isDone = doneIn(folder);
  let count = 0;
  for (;;) {
    throwIfInterrupted(context);
    const listed = folder.listed();
    const open = listed.filter((task) => !isDone(task));
    if (open.length === 0) return count;
    const failure = open.map(({ hash }) => leases.failure(hash)).find((each) => each !== undefined);
    if (failure !== undefined) throw failure;
    let isIdle = true;
    for (const task of open) {
      throwIfInterrupted(context);
      if (isDone(task)) continue;
      if (!(await claimed(task, leases, { folder, leaseLasts, isDone, perform }))) continue;
      isIdle = false;
      count++;
    }
    if (isIdle) await sleep(PAUSE);
  }
}

/** @throws `interrupted`, `run-replaced` */
export async function untilListed({ folder, context, onNothingListed }: WorkOptions): Promise<void> {
  let isSaid = false;
  for (const begun = performance.now(); folder.listed().length === 0; await sleep(PAUSE)) {
    throwIfInterrupted(context);
    if (isSaid || performance.now() - begun < LATE) continue;
    onNothingListed?.();
    isSaid = true;
  }
}

/**
 * Claims a task and does it; false where somebody else is at it, or has done it meanwhile.
 *
 * @throws what the task threw, and `run-replaced`
 */
export async function claimed(
  task: Task,
  leases: Leases,
  {
    folder,
    leaseLasts,
    isDone,
    perform,
  }: Pick<WorkOptions, "folder" | "leaseLasts" | "perform"> & { isDone: (task: Task) => boolean },
): Promise<boolean> {
  folder.requireOurs();
  const lease = leases.claim(task.hash);
  if (lease === undefined) return false;
  const heart = setInterval(() => beat(lease), leaseLasts / BEATS);
  // Whoever leaves in the middle of a task does not keep others waiting for it.
  const release = () => lease.release();
  process.once("exit", release);
  try {
    if (isDone(task)) return false;
    await perform(task);
    return true;
  } catch (error) {
    // What fails here may well succeed in the run that another has begun meanwhile.
    if (!(error instanceof ThalwegError && error.kind === "interrupted") && folder.isOurs())
      leases.fail(task.hash, error);
    throw error;
  } finally {
    clearInterval(heart);
    process.off("exit", release);
    lease.release();
  }
}

/** A folder that cannot be written for a moment costs the lease at most; the task is then done twice. */
function beat(lease: Lease): void {
  try {
    lease.renew();
  } catch {
    return;
  }
}

/** Whether a task is done; what has been seen to be is not looked at again. */
export function doneIn(folder: RunFolder): (task: Task) => boolean {
  const done = new Set<string>();
  return (task) => {
    if (!done.has(task.hash) && resultOf(folder, task) !== undefined) done.add(task.hash);
    return done.has(task.hash);
  };
}
