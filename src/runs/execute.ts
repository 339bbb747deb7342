import type { Figure } from "../figures/figure.ts";
import { ForwardLoss } from "../problem/forward-loss.ts";
import { times } from "../problem/work.ts";
import { createRandom } from "../random/random-stream.ts";
import { bytesOfChecks, runChecks, workOfChecks } from "../instruments/run-checks.ts";
import { anyEnvelope, type Check, type Frame } from "../result/envelope.ts";
import { NamedArrays } from "../result/named-arrays.ts";
import { type ProgressEvent, type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import { maxOf } from "../util/extremes.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { turnOfEvents } from "../util/turn-of-events.ts";
import type { z } from "zod";
import type { Listener } from "./event.ts";
import type { Executor } from "./executor.ts";
import type { Desk, Experiment, Measured, Session } from "./experiment.ts";
import { beyondMemory, costOf, type Plan, type PlanDocument, summaryOf, type Surroundings } from "./plan.ts";
import { type Recipe, recipe as recipeType } from "./recipe.ts";
import type { OpenedFile, Openers, Request } from "./subject.ts";
import { type AnyTaskKind, requireTaskOf, type Task } from "./task.ts";
import { encodeFinished, resultOf, type TaskStore } from "./task-store.ts";

/** What a run needs of the world around it. */
export interface Edges {
  readonly openers: Openers;
  /** Opens a file that is read besides the subject. */
  readonly openFile: (path: string) => OpenedFile;
  readonly executor: Executor;
  readonly listener: Listener;
  /** Milliseconds. */
  readonly clock: () => number;
  /** Bytes that the process holds. */
  readonly held: () => number;
  readonly createdAt: () => string;
  /** Whether somebody asked the run to end. */
  readonly isInterrupted: () => boolean;
  /** For what ends early with what it has, after so many milliseconds or when it is asked to. */
  readonly measuring: (budget: number | null) => RunContext;
  /** Puts a file that a run leaves into its folder at once, where it has one. */
  readonly leave?: (name: string, content: Iterable<Uint8Array>) => void;
  /** Hears of figures of what is being measured, as soon as their numbers are there. */
  readonly drawn?: (figures: readonly Figure[]) => void;
  readonly tasks: TaskEdges;
  /** Hears what the numbers will follow from, before anything is measured; throws where that is not the run that is continued. */
  readonly agreed?: (recipe: Recipe) => void;
  /** Opens the store of a run with tasks: a new one, or that of the run that is continued. */
  readonly begin: (recipe: Recipe) => RunStore;
}

/** What a task needs of the world around it, in whatever process it is done. */
export interface TaskEdges {
  readonly openers: Openers;
  readonly listener: Listener;
  /** Ends early after so many milliseconds; a task that is interrupted is not done, and begins anew when the run is continued. */
  readonly context: (budget: number | null) => RunContext;
}

/** The store of a run, which is told what there is to do before any of it is done. */
export interface RunStore extends TaskStore {
  /** Other processes read the list. */
  list(tasks: readonly Task[]): void;
}

/** What is asked for. */
export interface Ask extends Request {
  readonly seed: number;
  /** Milliseconds; null for none. */
  readonly budget: number | null;
  readonly dryRun: boolean;
  /** Where the file goes, of an experiment that makes one. */
  readonly output: string | null;
  readonly identity: Pick<Frame, "thalweg" | "command" | "config">;
}

/** How a run ended, in the order of what is worth telling first. */
export type State = "interrupted" | "fault" | "check" | "not-converged" | "done";

export type Executed = { readonly plan: PlanDocument } | Finished;

/** A run that went to its end, or as far as it was let. */
export interface Finished {
  /** As its file holds it. */
  readonly document: z.input<typeof anyEnvelope>;
  readonly arrays: NamedArrays;
  /** What its folder holds besides. */
  readonly beside: NonNullable<Measured<unknown>["beside"]>;
  /** What its file holds, of an experiment that makes one. */
  readonly file: Measured<unknown>["file"];
  readonly recipe: Recipe;
  readonly state: State;
  /** What failed by a fault of ours while the rest went on. */
  readonly faults: readonly Error[];
}

/**
 * Runs an experiment: opens its subject, plans, checks, measures, and puts the result into its envelope.
 *
 * @throws what keeps the subject from being opened or a task from being done
 */
export async function execute(experiment: Experiment, ask: Ask, edges: Edges): Promise<Executed> {
  const { clock, listener } = edges;
  const began = clock();
  const session = await experiment.open(edges.openers, ask);
  const files = new Map<string, OpenedFile>();
  try {
    for (const path of experiment.reads?.(ask.options) ?? []) files.set(path, edges.openFile(path));
    const plan = session.plan({ hasBudget: ask.budget !== null });
    for (const text of plan?.warnings ?? []) listener({ type: "warning", text });
    if (ask.dryRun) {
      const opening = clock() - began;
      const asked = plan ?? planless(experiment);
      const cost = await costOf(asked, { ...edges, opening, ...checksOf(experiment, asked) });
      const beyond = beyondMemory(cost.bytes ?? 0, ask.options["memory"]);
      if (beyond !== undefined) listener({ type: "warning", text: beyond });
      return { plan: cost };
    }
    const beyond = plan && beyondMemory(maxOf(plan.steps.map(({ bytes }) => bytes)), ask.options["memory"]);
    if (beyond !== undefined) listener({ type: "warning", text: beyond });
    const inputs = [
      ...session.inputs,
      ...[...files].flatMap(([path, { sha256, beside }]) => [{ path, sha256 }, ...beside]),
    ];
    const recipe = recipeOf(experiment, ask, inputs);
    edges.agreed?.(recipe);
    const hasTasks = experiment.tasks.length > 0;
    const store = hasTasks ? edges.begin(recipe) : undefined;
    const summary = plan && summaryOf(plan);
    if (summary !== undefined) listener({ type: "note", text: summary });
    const random = createRandom(ask.seed);
    const { outOfTime: isOutOfTime = () => false } = edges.measuring(ask.budget);
    const measuring =
      experiment.endsEarly === true ? edges.measuring(hasTasks ? null : ask.budget) : edges.tasks.context(null);
    const arrays = new NamedArrays();
    const { problem } = session;
    let checking: Promise<Check[]> | undefined;
    const checked = () =>
      (checking ??=
        experiment.checks === "every-run" && problem
          ? runChecks(problem, "every-run", random.split("checks"), measuring)
          : Promise.resolve([]));
    // Each takes its own random numbers, so that it does not matter what comes first.
    if (!session.waits(measuring)) await checked();
    const context: RunContext = {
      ...measuring,
      meanwhile: async () => {
        await checked();
        await measuring.meanwhile?.();
      },
    };
    const tasks: Desk["tasks"] = async (kind, inputsOfTasks) => {
      if (store === undefined) throw undeclared(kind);
      const all = inputsOfTasks.map((input) => kind.of(recipe, input));
      await complete(kind, all, { recipe, store, edges, experiment });
      return all.map((task) => kind.read(required(store, task), task));
    };
    const { drawn } = edges;
    const file: Desk["file"] = (path) => files.get(path) ?? unread(path, experiment);
    const desk: Omit<Desk, "options"> = {
      random,
      arrays,
      context,
      drawn,
      tasks,
      isOutOfTime,
      leave: (name, content) => edges.leave?.(name, content),
      hasBudget: ask.budget !== null,
      clock,
      file,
      output: ask.output,
      origin: session.origin(),
    };
    const { result, ...measured } = await session.measure(desk);
    const checks = await checked();
    const origin = { ...session.origin(), ...measured.opened };
    const frame: Frame = {
      ...ask.identity,
      ...origin,
      createdAt: edges.createdAt(),
      seed: ask.seed,
      inputs,
      checks: [...origin.checks, ...checks, ...(measured.checks ?? [])],
      warnings: [
        ...origin.warnings,
        ...(measured.warnings ?? []),
        ...(edges.isInterrupted() ? ["The run was interrupted: it holds what was measured until then."] : []),
      ],
      sections: null,
    };
    const document = anyEnvelope.encode({
      ...frame,
      schema: `thalweg/${experiment.document}@1`,
      result,
      sections: experiment.present(result, frame),
    });
    const state = stateOf(document, measured, edges);
    return {
      document,
      arrays,
      beside: measured.beside ?? [],
      file: measured.file,
      recipe,
      state,
      faults: measured.faults ?? [],
    };
  } finally {
    for (const file of files.values()) file.close();
    await session.close();
  }
}

/** Sees to it that all tasks are in the store. */
async function complete(
  kind: AnyTaskKind,
  all: readonly Task[],
  { recipe, store, edges, experiment }: { recipe: Recipe; store: RunStore; edges: Edges; experiment: Experiment },
): Promise<void> {
  if (!experiment.tasks.includes(kind)) throw undeclared(kind);
  const { executor, listener } = edges;
  store.list(all);
  const isDone = (task: Task) => resultOf(store, task) !== undefined;
  const known = all.filter(isDone);
  for (const { label } of known) listener({ type: "section", task: label, name: kind.name, state: "known" });
  if (known.length > 0 && known.length < all.length)
    listener({ type: "note", text: `${known.length} of ${all.length} tasks are done already.` });
  let done = known.length;
  await executor.run({
    tasks: all.filter((task) => !known.includes(task)),
    isDone,
    perform: async (task) => {
      await performTask(kind, recipe, task, { store, among: all.length }, edges.tasks);
    },
    onDone: ({ label }) => {
      done++;
      listener({ type: "progress", stage: "tasks", done, total: all.length, estimate: label });
    },
    listener,
    context: edges.tasks.context(null),
  });
}

/**
 * Does one task and keeps its result: what a worker in another process does, too. Each gets its equal share of the time
 * of the run.
 *
 * @param among how many tasks there are, done or not
 * @throws `interrupted`
 */
export async function performTask(
  kind: AnyTaskKind,
  recipe: Recipe,
  task: Task,
  { store, among }: { readonly store: TaskStore; readonly among: number },
  { openers, listener, context: contextOf }: TaskEdges,
): Promise<void> {
  requireTaskOf(recipe, task);
  const { progress, ...rest } = contextOf(
    recipe.budget === null ? null : (kind.shareOf(recipe.options) * recipe.budget) / Math.max(1, among),
  );
  const context = {
    ...rest,
    ...(progress && { progress: (event: ProgressEvent) => listener({ type: "progress", task: task.label, ...event }) }),
  };
  // A task may compute from its begin to its end, and so may the next: whoever wants them stopped is heard between them.
  await turnOfEvents();
  throwIfInterrupted(context);
  listener({ type: "section", task: task.label, name: kind.name, state: "begun" });
  const result = await kind.perform(openers, recipe, task, { context, resultOf: (done) => resultOf(store, done) });
  store.put(task.hash, encodeFinished(task, result));
  listener({ type: "section", task: task.label, name: kind.name, state: "done" });
}

function required(store: RunStore, task: Task) {
  const result = resultOf(store, task);
  if (result !== undefined) return result;
  throw new ThalwegError({
    kind: "internal",
    code: "task-missing",
    message: `The task ${task.label} was reported done, but its result is not there.`,
  });
}

function undeclared({ name }: AnyTaskKind): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "task-undeclared",
    message: `The experiment asks for tasks of the kind ${name}, which it does not declare.`,
  });
}

function unread(path: string, { name }: Experiment): never {
  throw new ThalwegError({
    kind: "internal",
    code: "file-undeclared",
    message: `The experiment ${name} asks for the file ${path}, which it does not declare to read.`,
  });
}

/** What the checks of every run take, in the run and in its tasks. */
function checksOf(
  { checks }: Experiment,
  { problem, checks: inTasks = 0 }: Plan,
): Pick<Surroundings, "checks" | "checkBytes"> {
  const count = inTasks + (checks === "every-run" ? 1 : 0);
  if (problem instanceof ForwardLoss || count === 0) return { checks: {}, checkBytes: 0 };
  return { checks: times(count, workOfChecks(problem)), checkBytes: bytesOfChecks(problem) };
}

function planless({ name }: Experiment): Plan {
  throw new ThalwegError({
    kind: "usage",
    code: "no-plan",
    message: `${name} has no plan: it is done at once.`,
    hint: "Leave --dry-run out.",
  });
}

function recipeOf({ name }: Experiment, ask: Ask, inputs: Session["inputs"]): Recipe {
  return recipeType.parse({
    thalweg: ask.identity.thalweg,
    experiment: name,
    arguments: [...ask.arguments],
    options: JSON.parse(JSON.stringify(ask.options)),
    seed: ask.seed,
    budget: ask.budget,
    inputs: [...inputs],
  });
}

function stateOf(
  { checks }: Finished["document"],
  { converged, faults = [] }: Omit<Measured<unknown>, "result">,
  edges: Edges,
): State {
  if (edges.isInterrupted()) return "interrupted";
  if (faults.length > 0) return "fault";
  if (checks.some(({ passed }) => passed === false)) return "check";
  return converged ? "done" : "not-converged";
}
