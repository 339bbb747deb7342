import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inputError } from "../files/input-error.ts";
import { type RunEvent, runEvent } from "../runs/event.ts";
import type { TaskStore } from "../runs/task-store.ts";
import { encodeRun, decodeRun, type RunFile, decodeTasks, encodeTasks } from "../runs/run-file.ts";
import type { Task } from "../runs/task.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { fileError } from "./file-error.ts";
import { makeFolders } from "./make-folders.ts";
import { openFile } from "./open-file.ts";
import { writeFileAtomically, writeFolderAtomically } from "./write-atomically.ts";

/** What a run is made of, in its folder. */
export const RUN_FILE = "run.json";
const TASK_LIST = "tasks.json";
const TASKS = "tasks";
const EVENTS = "events.ndjson";
/** Who is at which task. */
export const LEASES = "leases";

/** The folder of a run on its way: the store of its tasks. */
export interface RunFolder extends TaskStore {
  readonly path: string;
  readonly run: RunFile;
  list(tasks: readonly Task[]): void;
  /** What there is to do, as far as is known yet. */
  listed(): Task[];
  /** Adds what the run says to `events.ndjson`, one event on a line, with its time and whoever says it. */
  record(event: RunEvent, by: string): void;
  /** What is said from now on: each call gives what was added since the last one, with whoever said it. */
  follow(): () => RunEvent[];
}

/**
 * Makes the folder of a new run.
 *
 * @throws ThalwegError `run-unfinished` where it holds finished tasks of a run without a result, and those of writeFolderAtomically
 */
export function createRunFolder(path: string, run: RunFile): RunFolder {
  const left = existsSync(join(path, "result.json")) ? 0 : finishedTasks(path);
  if (left > 0) {
    throw new ThalwegError({
      kind: "usage",
      code: "run-unfinished",
      message: `${path} holds an unfinished run, of which ${left === 1 ? "1 task is" : `${left} tasks are`} done.`,
      where: { file: path },
      hint: `Continue it with --resume ${path}, or choose another folder, or remove this one.`,
    });
  }
  writeFolderAtomically(
    path,
    [
      [RUN_FILE, encodeRun(run)],
      [TASK_LIST, encodeTasks([])],
      [EVENTS, ""],
    ],
    [TASKS, LEASES],
  );
  return openRunFolder(path);
}

/**
 * Opens the folder of a run that was begun.
 *
 * @throws ThalwegError `not-a-run`, and those of decodeRun
 */
export function openRunFolder(path: string): RunFolder {
  const file = join(path, RUN_FILE);
  if (!existsSync(file)) {
    throw inputError(
      "not-a-run",
      `${path} holds no ${RUN_FILE}, so it is not the folder of a run.`,
      { file: path },
      "Give the folder that a run has begun (thalweg-runs/…, or that of -o).",
    );
  }
  const run = decodeRun(readText(file) ?? "", file);
  makeFolders(join(path, TASKS));
  const place = (hash: string) => join(path, TASKS, `${hash}.json`);
  return {
    path,
    run,
    get: (hash) => readText(place(hash)),
    put: (hash, text) => writeFileAtomically(place(hash), text),
    list: (tasks) => writeFileAtomically(join(path, TASK_LIST), encodeTasks(tasks)),
    record(event, by) {
      const line = { at: new Date().toISOString(), by, ...event };
      try {
        appendFileSync(join(path, EVENTS), `${JSON.stringify(line)}\n`);
      } catch {
        // A diary that cannot be written costs no numbers.
      }
    },
    follow: () => followed(join(path, EVENTS)),
    listed: () => decodeTasks(readText(join(path, TASK_LIST)), join(path, TASK_LIST)),
  };
}

/** Reads what is added to a diary; lines that are torn, or that another version wrote, are passed over. */
function followed(path: string): () => RunEvent[] {
  const size = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let read = size();
  return () => {
    if (size() <= read) return [];
    const source = openFile(path);
    try {
      const bytes = source.read(read, source.size - read);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      read += end;
      return new TextDecoder().decode(bytes.subarray(0, end)).split("\n").flatMap(eventIn);
    } finally {
      source.close();
    }
  };
}

const NEWLINE = 10;

function eventIn(line: string): RunEvent[] {
  try {
    const event = runEvent.safeParse(JSON.parse(line));
    return event.success ? [event.data] : [];
  } catch {
    return [];
  }
}

/** How long a file may be half written before it counts as left behind by a process that was killed. */
const STALE_MS = 600_000;

/** Takes away what processes that were killed left half written. Others may be at work on tasks meanwhile. */
export function tidyRunFolder(path: string): void {
  const tasks = join(path, TASKS);
  const now = timeOf(path);
  for (const [folder, age] of [
    [path, 0],
    [tasks, STALE_MS],
  ] as const) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      if (!/^\..*\.partial$/.test(name)) continue;
      const changed = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? now;
      if (now - changed >= age) rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** The time of the disk that a folder is on, which stamps files by a clock of its own. */
function timeOf(folder: string): number {
  const probe = join(folder, `.${process.pid}-${process.hrtime.bigint()}.partial`);
  try {
    writeFileSync(probe, "");
    return statSync(probe).mtimeMs;
  } catch (error) {
    throw fileError("write", folder, error);
  } finally {
    rmSync(probe, { force: true });
  }
}

function finishedTasks(path: string): number {
  const folder = join(path, TASKS);
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")).length : 0;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw fileError("read", path, error);
  }
}
