import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readResult, type ResultDocument } from "../documents/result-kinds.ts";
import { expandPaths, standsForSeveral } from "../io/expand-paths.ts";
import { createRunFolder, openRunFolder, type RunFolder, tidyRunFolder } from "../io/run-folder.ts";
import { writeFileAtomically } from "../io/write-atomically.ts";
import { KeptEngines } from "../load/kept-engines.ts";
import { rehearseFile, rehearseFolder } from "../load/rehearse-output.ts";
import { execute, type Finished, type RunStore, type State } from "../runs/execute.ts";
import type { Executor } from "../runs/executor.ts";
import type { Experiment } from "../runs/experiment.ts";
import { type Recipe, recipeDifference } from "../runs/recipe.ts";
import type { RunFile } from "../runs/run-file.ts";
import type { Options, Request, SubjectKind } from "../runs/subject.ts";
import { memoryStore } from "../runs/task-store.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { heldOutFlags, milliseconds, problemFlags, runFlags, talkFlags, taskFlags } from "./common-flags.ts";
import { EMBEDDED_REPORT, isEmbedded, mayPutReport, withEmbedded } from "./embedded.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type RawFlags, readFlags } from "./flag.ts";
import { identityOf } from "./frame.ts";
import { executorOf } from "./executor-of.ts";
import { openers, silentOpeners } from "./open-subjects.ts";
import { planText } from "./profile-text.ts";
import { resultText } from "./result-text.ts";
import type { Shell } from "./shell.ts";
import type { Outcome, Verb } from "./verb.ts";
import { defaultFolder, loadDrawing, writeRun } from "./write-run.ts";

/** What leads to a subject of each kind. */
const SUBJECT_FLAGS: { readonly [Kind in SubjectKind]: z.ZodObject } = {
  none: z.object({}),
  problem: problemFlags.extend(heldOutFlags.shape),
  checkpoints: problemFlags.extend(heldOutFlags.shape).extend({
    weights: z.array(z.string()).optional().meta({
      description:
        "checkpoint whose tensors replace the model's, by name; several, or 'step-*', are measured one by one",
      placeholder: "FILE.safetensors",
      group: "Model",
    }),
  }),
};

/** What has no part in any number: how a run talks, where it goes on and where it is written. */
const edgeFlags = z.object({
  ...talkFlags.shape,
  out: runFlags.shape.out,
  dryRun: runFlags.shape.dryRun,
  ...taskFlags.shape,
});
const measuringFlags = z.object({ seed: runFlags.shape.seed, time: runFlags.shape.time });
const weightsFlag = z.object({ weights: z.union([z.string(), z.array(z.string())]).optional() });

/** The flags that have no part in any number. */
export const WITHOUT_NUMBERS: ReadonlySet<string> = new Set(Object.keys(edgeFlags.shape));

/** The verbs that ask for experiments: one for each name, with the flags of all experiments that answer it. */
export function verbsOf(experiments: readonly Experiment[]): Verb[] {
  const names = new Set(experiments.map(({ name, verb = name }) => verb));
  return [...names].map((verb) => verbOf(experiments.filter((each) => (each.verb ?? each.name) === verb)));
}

function verbOf(experiments: readonly Experiment[]): Verb {
  const [{ name, summary, description, arguments: positional }] = experiments;
  const hasTasks = experiments.some(({ tasks }) => tasks.length > 0);
  experiments.forEach(requireOwnFlags);
  const parameters = experiments.reduce<z.ZodObject>(
    (all, experiment) => all.extend(SUBJECT_FLAGS[experiment.subject].shape).extend(experiment.parameters.shape),
    z.object({ ...talkFlags.shape, ...runFlags.shape, ...(hasTasks && taskFlags.shape) }),
  );
  return {
    name,
    summary,
    description,
    arguments: positional,
    parameters,
    examples: experiments.flatMap(({ examples }) => examples),
    run: (typed, args, shell) => run({ experiments, parameters, typed, args, read: withFiles }, shell),
    replay: (typed, args, shell) => {
      const { weights } = weightsFlag.parse(typed);
      const asRecorded = (flags: Options) => ({ ...flags, weights });
      return run({ experiments, parameters, typed, args, read: asRecorded }, shell);
    },
  };
}

/** @throws internal error `flag-taken` for an experiment whose parameter would be read as a flag that all have */
function requireOwnFlags({ name, subject, parameters }: Experiment): void {
  const shared = { ...edgeFlags.shape, ...measuringFlags.shape, ...SUBJECT_FLAGS[subject].shape };
  const taken = Object.keys(parameters.shape).find((key) => Object.hasOwn(shared, key));
  if (taken === undefined) return;
  throw new ThalwegError({
    kind: "internal",
    code: "flag-taken",
    message: `The experiment ${name} has a parameter "${taken}", which is a flag that all of its kind share.`,
  });
}

interface Invoked {
  readonly experiments: readonly Experiment[];
  readonly parameters: z.ZodObject;
  /** What was typed, or stood in a configuration file. */
  readonly typed: RawFlags;
  readonly args: readonly (string | undefined)[];
  /** Puts files in the place of what stands for them. */
  readonly read: (flags: Options) => Options;
}

async function run({ experiments, parameters, typed, args, read }: Invoked, given: Shell): Promise<Outcome> {
  const said = new Set<string>();
  const warn = (text: string) => {
    said.add(text);
    given.warn(text);
  };
  const shell: Shell = { ...given, warn };
  const flags = readFlags(parameters, typed);
  const edge = edgeFlags.parse(flags);
  const positional = args.flatMap((each) => each ?? []);
  const begun = edge.resume === undefined ? undefined : openRunFolder(edge.resume);
  let folder: RunFolder | undefined = begun;
  const executor = executorOf(edge.executor, () => folder ?? missingFolder());
  const asked = begun ? continued(begun, flags, typed, positional) : { arguments: positional, options: read(flags) };
  const { experiment, request, config } = prepared(experiments, asked, executor);
  if (edge.executor !== "here" && experiment.tasks.length === 0)
    shell.warn(`--executor ${edge.executor} has no part in this run: ${experiment.name} is not made of tasks.`);
  experiment.validate?.(request.options);
  const { out, json, dryRun } = edge;
  const isDemo = begun === undefined && isEmbedded(asked) && !json && out === undefined && mayPutReport();
  if (!dryRun && out !== undefined) rehearseFolder(out);
  if (!dryRun && isDemo) rehearseFile(EMBEDDED_REPORT);
  const { seed, time } = measuringFlags.parse(config);
  const identity = begun ? { ...identityOf(shell, config), command: begun.run.command } : identityOf(shell, config);
  const createdAt = new Date().toISOString();
  const fileOf = (recipe: Recipe): RunFile => ({
    schema: "thalweg/run@1",
    createdAt,
    directory: process.cwd(),
    command: identity.command,
    config: identity.config,
    recipe,
  });
  let scratch: string | undefined;
  const begin = (recipe: Recipe): RunStore => {
    if (begun) {
      requireSame(begun, recipe);
      tidyRunFolder(begun.path);
    } else if (out !== undefined || !json)
      folder = createRunFolder(out ?? defaultFolder(createdAt, recipe), fileOf(recipe));
    // Others can only work in a folder.
    else if (edge.executor !== "here")
      folder = createRunFolder((scratch = mkdtempSync(join(tmpdir(), "thalweg-run-"))), fileOf(recipe));
    return folder ?? { ...memoryStore(), list: () => undefined };
  };
  const listener: Shell["listener"] = (event) => {
    if (event.type === "warning") said.add(event.text);
    shell.listener(event);
    // How far each product is, is for whoever looks on.
    if (event.type !== "progress") folder?.record(event, `${hostname()}-${process.pid}`);
  };
  const engines = new KeptEngines();
  const executed = await execute(
    experiment,
    {
      ...request,
      seed,
      budget: time === undefined ? null : milliseconds(time),
      dryRun,
      identity,
    },
    {
      openers: openers(shell),
      executor,
      listener,
      clock: () => performance.now(),
      held: () => process.memoryUsage.rss(),
      createdAt: () => new Date().toISOString(),
      isInterrupted: () => shell.interruption.asked.aborted,
      measuring: (budget) => ({
        ...shell.measuringContext(budget ?? undefined),
        meanwhile: out === undefined && json ? undefined : loadDrawing,
      }),
      tasks: {
        openers: silentOpeners(shell, engines),
        listener,
        context: (budget) => shell.context(budget ?? undefined),
      },
      begin,
    },
  )
    .catch((error: unknown) => {
      throw folder && scratch === undefined ? withResumption(error, folder.path) : error;
    })
    .finally(async () => {
      await engines.close();
      if (scratch === undefined) return;
      rmSync(scratch, { recursive: true, force: true });
      folder = undefined;
    });
  if ("plan" in executed)
    return { text: planText(executed.plan, shell.style), document: executed.plan, exitCode: EXIT.done };
  const finished = readResult(executed.document);
  for (const text of finished.warnings) if (!said.has(text)) warn(text);
  const path = folder?.path ?? out ?? (json ? undefined : defaultFolder(createdAt, executed.recipe));
  const written =
    path === undefined
      ? NOTHING_WRITTEN
      : await write(path, finished, {
          arrays: executed.arrays,
          isDemo,
          shell,
          isBegun: folder !== undefined,
          file: fileOf(executed.recipe),
        });
  const document = { ...finished, warnings: [...finished.warnings, ...written.warnings] };
  for (const fault of executed.faults) shell.fault(fault);
  return {
    text: resultText(document, shell.style, edge.verbose) + written.text,
    document,
    exitCode: exitCode(written.isFaulty && executed.state !== "interrupted" ? "fault" : executed.state, shell),
    failure: written.failure,
  };
}

function missingFolder(): never {
  throw new ThalwegError({
    kind: "internal",
    code: "no-folder",
    message: "Tasks were to be handed out before the run had a folder.",
  });
}

/** Which experiment answers, and what it is asked. */
function prepared(experiments: readonly Experiment[], asked: Request, executor: Executor) {
  const { arguments: positional, options } = withEmbedded(asked);
  const isSeveral = Array.isArray(options["weights"]);
  const [first] = experiments;
  const experiment = experiments.find(({ subject }) => (subject === "checkpoints") === isSeveral) ?? first;
  // What the numbers may depend on is fixed, so that whoever continues the run has the same.
  const threads = { threads: options["threads"] ?? executor.threads ?? availableParallelism() };
  const config = withoutTalk(experiment.tasks.length === 0 ? options : { ...options, ...threads });
  return { experiment, config, request: { arguments: positional, options: ofSubject(config) } };
}

function withoutTalk(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(talkFlags.shape, name)));
}

/** What leads to the subject, and what the experiment itself is told. */
function ofSubject(options: Options): Options {
  const isElsewhere = (name: string) => WITHOUT_NUMBERS.has(name) || Object.hasOwn(measuringFlags.shape, name);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !isElsewhere(name)));
}

/** The flags of the command line, with the files that they stand for. */
function withFiles(flags: Options): Options {
  const { weights } = weightsFlag.parse(flags);
  if (!Array.isArray(weights)) return flags;
  return { ...flags, weights: standsForSeveral(weights) ? expandPaths(weights) : weights[0] };
}

/** What the run was asked that is continued; whatever is typed again must agree with it, which is seen later. */
function continued({ run }: RunFolder, flags: Options, typed: RawFlags, positional: readonly string[]): Request {
  const isNew = ([name]: readonly [string, unknown]) => WITHOUT_NUMBERS.has(name) || Object.hasOwn(typed, name);
  return {
    arguments: positional.length > 0 ? positional : run.recipe.arguments,
    options: { ...run.config, ...Object.fromEntries(Object.entries(withFiles(flags)).filter(isNew)) },
  };
}

function requireSame({ path, run }: RunFolder, recipe: Recipe): void {
  const difference = recipeDifference(run.recipe, recipe);
  if (difference === undefined) return;
  throw new ThalwegError({
    kind: "usage",
    code: "another-recipe",
    message: `The run in ${path} cannot be continued: ${difference}.`,
    where: { file: path },
    hint: "Continue it as it was begun, with --resume alone, or begin another in a new folder.",
  });
}

/** What stopped a run, with how to go on. */
function withResumption(error: unknown, folder: string): unknown {
  if (!(error instanceof ThalwegError) || error.kind === "internal" || error.kind === "usage") return error;
  const { kind, code, message, where, hint } = error;
  const more = `What is done is kept: --resume ${folder} goes on from there.`;
  return new ThalwegError({
    kind,
    code,
    message,
    where,
    hint: hint === undefined ? more : `${hint} ${more}`,
    cause: error,
  });
}

interface Written {
  readonly text: string;
  readonly warnings: readonly string[];
  readonly isFaulty: boolean;
  readonly failure: unknown;
}

const NOTHING_WRITTEN: Written = { text: "", warnings: [], isFaulty: false, failure: undefined };

async function write(
  folder: string,
  document: ResultDocument,
  {
    arrays,
    isDemo,
    isBegun,
    file,
    shell,
  }: Pick<Finished, "arrays"> & {
    isDemo: boolean;
    isBegun: boolean;
    file: RunFile;
    shell: Shell;
  },
): Promise<Written> {
  try {
    const { faults, warnings, report } = await writeRun(folder, document, arrays.entries(), { file, isBegun });
    for (const fault of faults) shell.fault(fault);
    const names = ["result.json", ...(arrays.entries().size > 0 ? ["arrays.npz"] : []), "figures/"];
    if (report !== undefined) names.push("report.html (how each number was measured)");
    let text = `\nWritten to ${folder}:\n  ${names.join(", ")}\n`;
    if (isDemo && report !== undefined) {
      writeFileAtomically(EMBEDDED_REPORT, report);
      text += `The report is also at ./${EMBEDDED_REPORT}: open it in a browser.\n`;
    }
    return { text, warnings, isFaulty: faults.length > 0, failure: undefined };
  } catch (failure) {
    // A full disk does not take the numbers away: they are shown.
    return { ...NOTHING_WRITTEN, failure };
  }
}

function exitCode(state: State, { interruption }: Shell): ExitCode {
  return state === "interrupted" ? interruption.exitCode() : EXIT_OF_STATE[state];
}

const EXIT_OF_STATE: Readonly<Record<Exclude<State, "interrupted">, ExitCode>> = {
  fault: EXIT.fault,
  check: EXIT.check,
  "not-converged": EXIT.notConverged,
  done: EXIT.done,
};
