import { existsSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { inputError } from "../files/input-error.ts";
import { type RunEvent, runEvent } from "../runs/event.ts";
import type { TaskStore } from "../runs/task-store.ts";
import { encodeRun, decodeRun, type RunFile, decodeTasks, encodeTasks, runIdentity } from "../runs/run-file.ts";
import type { Task } from "../runs/task.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { fileError } from "./file-error.ts";
import { readIfThere } from "./read-if-there.ts";
import { makeFolders } from "./make-folders.ts";
import { openFile } from "./open-file.ts";
import { FILLED_LATER, requireInside, writeInside } from "./inside-run-folder.ts";
import { isAbandoned, partialName } from "./partial-name.ts";
import { nameOurs, saysWhatIsOurs, writeFileAtomically, writeFolderAtomically } from "./write-atomically.ts";

/** What a run is made of, in its folder. */
export const RUN_FILE = "run.json";
const TASK_LIST = "tasks.json";
const TASKS = "tasks";
const EVENTS = "events.ndjson";
/** Who is at which task. */
export const LEASES = "leases";

/**
 * The folder of a run on its way: the store of its tasks. Another run may be begun in it meanwhile: whoever writes for this
 * one or reads what there is to do is then refused, by the error `run-replaced`.
 */
export interface RunFolder extends TaskStore {
  readonly path: string;
  readonly run: RunFile;
  /** Whether it still is the folder of this run. */
  isOurs(): boolean;
  /** @throws usage error `run-replaced` */
  requireOurs(): void;
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
  refuseUnfinished(path);
  writeFolderAtomically(
    path,
    [
      [RUN_FILE, encodeRun(run)],
      [TASK_LIST, encodeTasks([], runIdentity(run))],
      [EVENTS, ""],
    ],
    [...FILLED_LATER.keys()],
  );
  for (const name of FILLED_LATER.keys()) makeFolders(join(path, name));
  return openRunFolder(path);
}

/**
 * Finished tasks of a run without a result are never replaced.
 *
 * @throws usage error `run-unfinished`
 */
export function refuseUnfinished(path: string): void {
  const left = existsSync(join(path, "result.json")) ? 0 : finishedTasks(path);
  if (left === 0) return;
  throw new ThalwegError({
    kind: "usage",
    code: "run-unfinished",
    message: `${path} holds an unfinished run, of which ${left === 1 ? "1 task is" : `${left} tasks are`} done.`,
    where: { file: path },
    hint: `Continue it with --resume ${path}, or choose another folder, or remove this one.`,
  });
}

/**
 * Opens the folder of a run that was begun.
 *
 * @throws ThalwegError `not-a-run`, those of decodeRun, and those of requireInside
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
  const begun = readIfThere(file) ?? "";
  const run = decodeRun(begun, file);
  // Now, not when the first task is done.
  for (const name of FILLED_LATER.keys()) requireInside(path, name, "folder");
  requireInside(path, EVENTS, "file");
  const place = (hash: string) => join(path, TASKS, `${hash}.json`);
  const list = join(path, TASK_LIST);
  const isOurs = () => readIfThere(file) === begun;
  const requireOurs = () => {
    const now = readIfThere(file);
    if (now !== begun) throw replaced(path, now !== undefined);
  };
  return {
    path,
    run,
    isOurs,
    requireOurs,
    get: (hash) => readIfThere(place(hash)),
    put(hash, text) {
      requireOurs();
      requireInside(path, TASKS, "folder");
      makeFolders(join(path, TASKS));
      writeFileAtomically(place(hash), text);
    },
    list(tasks) {
      requireOurs();
      writeFileAtomically(list, encodeTasks(tasks, runIdentity(run)));
    },
    record(event, by) {
      if (!isOurs()) return;
      const line = { at: new Date().toISOString(), by, ...event };
      try {
        writeInside(path, EVENTS, `${JSON.stringify(line)}\n`, "append");
      } catch {
        // A diary that cannot be written costs no numbers.
      }
    },
    follow: () => followed(join(path, EVENTS)),
    listed() {
      const text = readIfThere(list);
      // Afterwards: what was read before another run was begun here is of this one.
      requireOurs();
      if (text === undefined) return [];
      const { run: of, tasks } = decodeTasks(text, list);
      if (of !== runIdentity(run)) throw replaced(path, true);
      return [...tasks];
    },
  };
}

function replaced(path: string, isAnother: boolean): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "run-replaced",
    message: isAnother
      ? `${path} is not the folder of this run any more: another was begun in it meanwhile.`
      : `${path} is not the folder of this run any more: it was removed or moved meanwhile.`,
    where: { file: path },
    hint: "Give every run a folder of its own; workers are started anew for the run that is there now.",
  });
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

/**
 * Takes away what processes that were killed left half written, in it and its folders. Others may be at work on it meanwhile.
 * Where the folder does not say any more what of it is ours, what makes it a run is.
 */
export function tidyRunFolder(path: string): void {
  if (!saysWhatIsOurs(path)) {
    nameOurs(path, [RUN_FILE, TASK_LIST, EVENTS, ...[...FILLED_LATER.keys()].map((name) => `${name}/`)]);
  }
  const now = timeOf(path);
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!/^\..*\.partial$/.test(entry.name)) continue;
    const partial = join(entry.parentPath, entry.name);
    const changed = statSync(partial, { throwIfNoEntry: false })?.mtimeMs ?? now;
    const isLeft = isAbandoned(partial) || now - changed >= STALE_MS;
    if (isLeft) rmSync(partial, { recursive: true, force: true });
  }
}

/** The time of the disk that a folder is on, which stamps files by a clock of its own. */
function timeOf(folder: string): number {
  const probe = partialName(join(folder, RUN_FILE));
  try {
    writeInside(folder, basename(probe), "", "new");
    return statSync(probe).mtimeMs;
  } catch (error) {
    throw fileError("write", folder, error);
  } finally {
    rmSync(probe, { force: true });
  }
}

function finishedTasks(path: string): number {
  const folder = join(path, TASKS);
  // Where the path is a file's, to ask for what is in it is an error.
  return existsSync(folder) && lstatSync(folder).isDirectory()
    ? readdirSync(folder).filter((name) => name.endsWith(".json")).length
    : 0;
}
