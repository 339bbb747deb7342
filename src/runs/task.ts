import type { z } from "zod";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { keptBy } from "../util/kept-by.ts";
import type { RunContext } from "../util/run-context.ts";
import { canonicalJson, hashOfJson, type Json, type Recipe } from "./recipe.ts";
import { requireSameFile } from "./same-file.ts";
import type { Openers, Options, Origin, Request, SubjectKind, Subjects } from "./subject.ts";

/** A piece of a run that stands alone: whoever has the recipe and this can do it. */
export interface Task {
  /** The name of its kind. */
  readonly kind: string;
  readonly input: Json;
  /** What sentences call it. */
  readonly label: string;
  /** Of the recipe, the kind and the input: the name under which its result is kept. */
  readonly hash: string;
}

/** What a task gets besides its subject and its input. */
export interface TaskDesk {
  /** Split by the task's name, so that no task shares it with another. */
  readonly random: RandomStream;
  /**
   * The run's own stream, the same in every task. With common random numbers, two tasks differ by their subjects alone;
   * their sampling errors are then not independent.
   */
  readonly common: RandomStream;
  /** What was found when the subject was opened. */
  readonly origin: Origin;
  readonly context: RunContext;
  /** The result of a task of this run that was done before. */
  found<Input, Result>(kind: TaskKind<Input, Result>, input: Input): Result;
}

interface TaskDefinition<
  Kind extends SubjectKind,
  Input extends z.ZodType<unknown, Json>,
  Result extends z.ZodType<unknown, Json>,
> {
  /** Unique in its experiment. */
  readonly name: string;
  /** The share of the time of the run that all tasks of this kind have together, by what was asked for; all of it when absent. */
  readonly share?: number | ((options: Options) => number);
  readonly subject: Kind;
  readonly input: Input;
  readonly result: Result;
  label(input: z.output<Input>): string;
  /** What the task opens, given what the run is about. */
  opens(request: Request, input: z.output<Input>): Request;
  measure(subject: Subjects[Kind], input: z.output<Input>, options: Options, desk: TaskDesk): Promise<z.output<Result>>;
  /** What it finds where its own input is to blame, so that the other tasks are done all the same; undefined where the run is to end. */
  instead?(error: ThalwegError, input: z.output<Input>): z.output<Result> | undefined;
}

/** A kind of task as whoever hands out work sees it: JSON in, JSON out. */
export interface AnyTaskKind {
  readonly name: string;
  /** Of the time of a run with these options, what all tasks of this kind have together. */
  shareOf(options: Options): number;
  /** @throws whatever keeps the task from being done; it may be tried again */
  perform(openers: Openers, recipe: Recipe, task: Task, around: TaskSurroundings): Promise<Json>;
}

/** What a task is done with. */
export interface TaskSurroundings {
  readonly context: RunContext;
  /** The result of a task that is done, of whatever kind; undefined where it is not. */
  readonly resultOf: (task: Task) => Json | undefined;
}

/** A kind of task as its experiment sees it. */
export interface TaskKind<Input, Result> extends AnyTaskKind {
  /** The task of that input in a run. */
  of(recipe: Recipe, input: Input): Task;
  /**
   * What a store gave as the result of a task: of one that it gives again, the same again, which nobody may change.
   *
   * @throws input error `task-result-unfit` where no task of this kind finds such a thing, whatever its checksum says
   */
  read(result: Json, task: Task): Result;
}

/** Declares a kind of task: named, with JSON on both sides, so that it can be done in another process or at another time. */
export function defineTask<
  Kind extends SubjectKind,
  Input extends z.ZodType<unknown, Json>,
  Result extends z.ZodType<unknown, Json>,
>(definition: TaskDefinition<Kind, Input, Result>): TaskKind<z.output<Input>, z.output<Result>> {
  const { name, share = 1, subject: subjectKind, input: inputType, result: resultType } = definition;
  const measured = async (
    openers: Openers,
    recipe: Recipe,
    { task, input }: { readonly task: Task; readonly input: z.output<Input> },
    { context, resultOf }: TaskSurroundings,
  ): Promise<z.output<Result>> => {
    const opened = await openers[subjectKind]({ ...definition.opens(recipe, input), begun: recipe.inputs });
    try {
      opened.inputs.forEach((file) => requireSameFile(file, recipe.inputs));
      const common = createRandom(recipe.seed);
      return await definition.measure(opened.subject, input, recipe.options, {
        random: common.split(`${name} ${canonicalJson(task.input)}`),
        common,
        origin: opened.origin(),
        context,
        found: (kind, earlier) => {
          const other = kind.of(recipe, earlier);
          const result = resultOf(other);
          if (result === undefined) throw notDoneYet(other);
          return kind.read(result, other);
        },
      });
    } finally {
      await opened.close();
    }
  };
  const known = keptBy<z.output<Result>>();
  return {
    name,
    shareOf: (options) => (typeof share === "number" ? share : share(options)),
    of(recipe, input) {
      const encoded = inputType.encode(input);
      return {
        kind: name,
        input: encoded,
        label: definition.label(input),
        hash: hashOfTask(recipe, { kind: name, input: encoded }),
      };
    },
    async perform(openers, recipe, task, around) {
      const input = inputType.parse(task.input);
      try {
        return resultType.encode(await measured(openers, recipe, { task, input }, around));
      } catch (error) {
        const found = error instanceof ThalwegError ? definition.instead?.(error, input) : undefined;
        if (found === undefined) throw error;
        return resultType.encode(found);
      }
    },
    read(result, task) {
      const fitting = () => {
        const parsed = resultType.safeParse(result);
        if (!parsed.success) throw unfit(task, parsed.error);
        return parsed.data;
      };
      return typeof result === "object" && result !== null ? known(result, fitting) : fitting();
    },
  };
}

/** The name of a task in a run: no task of another recipe has it. */
function hashOfTask(recipe: Recipe, { kind, input }: Pick<Task, "kind" | "input">): string {
  return hashOfJson({ recipe, kind, input });
}

/** @throws internal error `task-of-another-run` where a task is not one of that recipe */
export function requireTaskOf(recipe: Recipe, task: Task): void {
  if (hashOfTask(recipe, task) === task.hash) return;
  throw new ThalwegError({
    kind: "internal",
    code: "task-of-another-run",
    message: `The task ${task.label} is of another run: its name does not follow from this one's recipe.`,
  });
}

/** What was damaged has another checksum and is done again; this was written so. */
function unfit({ label, hash }: Task, { issues: [issue] }: z.ZodError): ThalwegError {
  const place = issue.path.length > 0 ? `"${issue.path.join(".")}": ` : "";
  return new ThalwegError({
    kind: "input",
    code: "task-result-unfit",
    message: `What tasks/${hash}.json holds is no result of the task ${label} (${place}${issue.message}), though its checksum is right.`,
    hint: "Whoever wrote it does not do what this run asks for. Remove the file, and continue the run with --resume.",
  });
}

function notDoneYet({ label }: Task): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "task-missing",
    message: `The result of the task ${label} was asked for before it was done.`,
  });
}
