import { setTimeout as sleep } from "node:timers/promises";
import type { RunFolder } from "../io/run-folder.ts";
import type { Executor } from "../runs/executor.ts";
import { runIdentity } from "../runs/run-file.ts";
import type { Task } from "../runs/task.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { folderExecutor } from "./folder-executor.ts";
import { openLeases } from "./leases.ts";
import { claimed, doneIn, untilListed, type WorkOptions } from "./work.ts";

/** How often it is made sure that the queue still knows what is open, in milliseconds. */
const RESEND = 2000;

/** How long the server of the queue may be silent at the beginning, in milliseconds. */
const PATIENCE = 5000;

/** Between two attempts to reach a server that went away, in milliseconds. */
const RECONNECT = 200;

/** Between two looks at what others do, in milliseconds. */
const PAUSE = 100;

/** How often a task may lose its worker. */
const MOST_STALLS = 1000;

/**
 * Hands out tasks by a BullMQ queue on Redis or Valkey to whoever calls `thalweg work RUN --queue URL`. The folder is the
 * truth: what the queue forgets is put into it again, and what it hands out twice is done once.
 *
 * @param url redis://[user:password@]host:port[/db]
 */
export function queueExecutor(url: string, folderOf: () => RunFolder): Executor {
  return folderExecutor(folderOf, async ({ tasks }, folder) => {
    const { Queue } = await loadBullmq();
    let isOpen = true;
    const queue = new Queue<Task>(nameOf(folder), { connection: connectionTo(url, () => isOpen) });
    // The server may come and go: commands wait for it.
    queue.on("error", () => undefined);
    const send = (open: readonly Task[]) =>
      queue.addBulk(
        open.map((task) => ({
          name: task.kind,
          data: task,
          // One that is known already is not added again.
          opts: { jobId: task.hash, removeOnComplete: true, removeOnFail: true },
        })),
      );
    const close = async () => {
      isOpen = false;
      await Promise.race([queue.obliterate({ force: true }).catch(() => undefined), sleep(PATIENCE)]);
      await Promise.race([queue.disconnect().catch(() => undefined), sleep(PATIENCE)]);
    };
    try {
      await inTime(send(tasks), url);
    } catch (error) {
      await close();
      throw error;
    }
    let last = performance.now();
    let isSending = false;
    return {
      check(open) {
        if (!isSending && performance.now() - last >= RESEND) {
          isSending = true;
          void send(open)
            .catch(() => undefined)
            .finally(() => {
              isSending = false;
              last = performance.now();
            });
        }
        return Promise.resolve();
      },
      close,
    };
  });
}

/**
 * Does tasks of a run that a queue hands out, until all are done, by whomever; returns how many were done here.
 *
 * @throws what a task threw that cannot be done, and `interrupted`
 */
export async function workFromQueue(url: string, options: WorkOptions): Promise<number> {
  const { folder, worker: name, leaseLasts, context } = options;
  const { Worker } = await loadBullmq();
  await untilListed(options);
  const leases = openLeases(folder.path, { worker: name, lasts: leaseLasts, clock: () => performance.now() });
  const isDone = doneIn(folder);
  let count = 0;
  let isOpen = true;
  const failures: unknown[] = [];
  const worker = new Worker<Task>(
    nameOf(folder),
    async ({ data: task }) => {
      while (failures.length === 0 && !isDone(task)) {
        try {
          if (await claimed(task, leases, { ...options, isDone })) count++;
          else await sleep(PAUSE);
        } catch (error) {
          failures.push(error);
          throw error;
        }
      }
    },
    { connection: connectionTo(url, () => isOpen), lockDuration: leaseLasts, maxStalledCount: MOST_STALLS },
  );
  worker.on("error", () => undefined);
  try {
    await inTime(worker.waitUntilReady(), url);
    for (;;) {
      throwIfInterrupted(context);
      if (failures.length > 0) throw failures[0];
      const listed = folder.listed();
      if (listed.every(isDone)) return count;
      const failure = listed.map(({ hash }) => leases.failure(hash)).find((each) => each !== undefined);
      if (failure !== undefined) throw failure;
      await sleep(PAUSE);
    }
  } finally {
    isOpen = false;
    await Promise.race([worker.close(true).catch(() => undefined), sleep(PATIENCE)]);
  }
}

/** Of a queue that is this run's alone. */
function nameOf({ run }: RunFolder): string {
  return `thalweg-${runIdentity(run).slice(0, 16)}`;
}

/** Tries to reach the server again and again while it is wanted: a client that never gives up keeps its process alive. */
function connectionTo(url: string, isWanted: () => boolean) {
  return { url, maxRetriesPerRequest: null, retryStrategy: () => (isWanted() ? RECONNECT : null) };
}

async function inTime<T>(work: Promise<T>, url: string): Promise<T> {
  const late = Symbol("late");
  const first = await Promise.race([work, sleep(PATIENCE, late)]);
  if (typeof first !== "symbol") return first;
  throw new ThalwegError({
    kind: "usage",
    code: "queue-not-reachable",
    message: `Nothing answers at ${url.replace(/\/\/.*@/, "//…@")}.`,
    hint: "Start Redis or Valkey there, or take another --executor.",
  });
}

async function loadBullmq() {
  try {
    return await import("bullmq");
  } catch (cause) {
    throw new ThalwegError({
      kind: "usage",
      code: "no-bullmq",
      message: "A queue needs BullMQ, which is not installed.",
      hint: "npm install bullmq@6 ioredis@5, or take another --executor.",
      cause,
    });
  }
}
