import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { RunFolder } from "../io/run-folder.ts";
import type { Executor } from "../runs/executor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { folderExecutor } from "./folder-executor.ts";
import { openLeases } from "./leases.ts";

export interface PoolOptions {
  readonly workers: number;
  /** Starts a worker on a folder under a name of its own: the program and its arguments before those. */
  readonly program: string;
  readonly argumentsOf: (folder: string, worker: string) => readonly string[];
  readonly folderOf: () => RunFolder;
}

/** So often in a row a worker may die without a task having been done meanwhile. */
const DEATHS = 5;
/** How long a worker has to end when all is done or when it is told to, in milliseconds. */
const GRACE = 5000;
/** Characters of what a worker last said that are kept, to tell why it died. */
const LAST_WORDS = 500;

/**
 * A worker has one core: its garbage is collected in its own thread, and less often, in megabytes. Otherwise V8 collects in
 * threads beside, which takes the cores that other workers are on and more time in all. No number depends on it.
 */
const ONE_CORE = ["--single-threaded-gc", "--min-semi-space-size=32", "--max-semi-space-size=32"];

/** Worker processes on this machine, each with the network open for itself. One that dies gives its task back. */
export function workerPool({ workers, program, argumentsOf, folderOf }: PoolOptions): Executor {
  return folderExecutor(folderOf, ({ tasks }, folder) => {
    const { path } = folder;
    const leases = openLeases(path, { worker: "pool", lasts: 0, clock: () => performance.now() });
    const running = new Map<string, ChildProcess>();
    let started = 0;
    let deaths = 0;
    let left = tasks.length;
    let lastWords = "";
    let isClosing = false;
    const start = () => {
      const worker = `${process.pid}-${++started}-${process.hrtime.bigint()}`;
      // What went wrong is in the folder; said twice it would stand in the middle of what this process says.
      const child = fork(program, argumentsOf(path, worker), {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        execArgv: [...process.execArgv, ...ONE_CORE],
      });
      running.set(worker, child);
      let words = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (words = (words + text).slice(-LAST_WORDS)));
      child.once("exit", () => {
        running.delete(worker);
        leases.releaseAllOf(worker);
        if (isClosing) return;
        deaths++;
        lastWords = words.trim();
      });
    };
    return Promise.resolve({
      check(open) {
        if (open.length < left) deaths = 0;
        left = open.length;
        if (deaths > DEATHS * workers) throw workersDie(deaths, lastWords);
        while (running.size < Math.min(workers, open.length)) start();
        return Promise.resolve();
      },
      async close() {
        isClosing = true;
        const children = [...running.values()];
        const ended = Promise.all(children.filter(isAlive).map((child) => once(child, "exit")));
        // Where all is done they see it and end by themselves.
        if (left > 0) for (const child of children) child.kill("SIGTERM");
        const timer = setTimeout(() => children.forEach((child) => child.kill("SIGKILL")), GRACE);
        await ended;
        clearTimeout(timer);
      },
    });
  });
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

function workersDie(deaths: number, lastWords: string): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "workers-die",
    message: `Workers die before they have done a task: ${deaths} of them in a row${lastWords === "" ? "" : `; the last one said: ${lastWords}`}.`,
    hint: "Where memory is short, take fewer workers.",
  });
}
