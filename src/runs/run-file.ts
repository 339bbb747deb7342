import { z } from "zod";
import { inputError } from "../files/input-error.ts";
import { hashOfJson, recipe } from "./recipe.ts";
import type { Task } from "./task.ts";

const runFile = z.object({
  schema: z.literal("thalweg/run@1"),
  createdAt: z.iso.datetime(),
  directory: z.string().describe("Where the run was begun: what its paths are relative to."),
  command: z.array(z.string()).describe("The arguments of the run, as given."),
  config: z.record(z.string(), z.json()).describe("Every option of the run after defaults."),
  build: z
    .string()
    .nullable()
    .default(null)
    .describe("The build that began it, which alone may go on; null where the run is not made of tasks."),
  recipe,
});

/** `run.json`: what a run is, written before anything is measured. */
export type RunFile = z.output<typeof runFile>;

const taskList = z.object({
  schema: z.literal("thalweg/tasks@1"),
  run: z.string().describe("The identity of the run that they are of."),
  tasks: z.array(z.object({ hash: z.string(), kind: z.string(), label: z.string(), input: z.json() })),
});

export function encodeRun(run: RunFile): string {
  return `${JSON.stringify(run, undefined, 2)}\n`;
}

/** @throws input error `not-a-run` */
export function decodeRun(text: string, file: string): RunFile {
  const run = runFile.safeParse(jsonOf(text));
  if (run.success) return run.data;
  throw inputError(
    "not-a-run",
    `${file} does not say what run it is of: ${run.error.issues[0].message}.`,
    { file },
    "Give the folder of a run that this version began.",
  );
}

/** What tells a run from all others, also from one of the same recipe that another build began at another time. */
export function runIdentity(run: RunFile): string {
  return hashOfJson(run);
}

export function encodeTasks(tasks: readonly Task[], run: string): string {
  return `${JSON.stringify({ schema: "thalweg/tasks@1", run, tasks })}\n`;
}

/** What there is to do, and in which run. @throws input error `not-a-run` */
export function decodeTasks(text: string, file: string): { readonly run: string; readonly tasks: readonly Task[] } {
  const list = taskList.safeParse(jsonOf(text));
  if (list.success) return list.data;
  throw inputError("not-a-run", `${file} is no list of tasks.`, { file }, "Begin the run again in a new folder.");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
