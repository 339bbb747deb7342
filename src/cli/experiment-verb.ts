import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readResult } from "../documents/result-kinds.ts";
import { expandPaths, pathsNamed, standsForSeveral } from "../io/expand-paths.ts";
import { openRead } from "../load/open-read.ts";
import { createRunFolder, openRunFolder, refuseUnfinished, type RunFolder, tidyRunFolder } from "../io/run-folder.ts";
import { addToFolder, writeFileAtomically } from "../io/write-atomically.ts";
import { KeptEngines } from "../load/kept-engines.ts";
import { buildId } from "../io/build-id.ts";
import { rehearseFile, rehearseFolder } from "../load/rehearse-output.ts";
import { seededName } from "../nets/make-net.ts";
import type { Argument } from "../runs/argument.ts";
import { execute, type RunStore, type State } from "../runs/execute.ts";
import type { Executor } from "../runs/executor.ts";
import type { Experiment } from "../runs/experiment.ts";
import type { Recipe } from "../runs/recipe.ts";
import type { RunFile } from "../runs/run-file.ts";
import type { Options, Request } from "../runs/subject.ts";
import { memoryStore } from "../runs/task-store.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { milliseconds, modelFlags } from "./common-flags.ts";
import { DrawingThread } from "./drawing-thread.ts";
import { EMBEDDED_REPORT, isEmbedded, mayPutReport, withEmbedded } from "./embedded.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { executorOf } from "./executor-of.ts";
import { edgeFlags, experimentFlags, measuringFlags, ofSubject, withoutTalk } from "./experiment-flags.ts";
import { type RawFlags, readFlags } from "./flag.ts";
import { identityOf } from "../load/origin-of.ts";
import { leaveRun, NOTHING_WRITTEN } from "./leave-run.ts";
import { openers, silentOpeners } from "./open-subjects.ts";
import { planText } from "./plan-text.ts";
import { resultText } from "./result-text.ts";
import {
  aboutAgain,
  continued,
  requireOwnFolder,
  requireSame,
  requireSameBuild,
  withResumption,
} from "./resumption.ts";
import type { Shell } from "./shell.ts";
import { SUBJECT_FLAGS } from "./subject-flags.ts";
import type { Outcome, Verb } from "./verb.ts";
import { defaultFolder, loadReport } from "./write-run.ts";

const weightsFlag = z.object({ weights: z.union([z.string(), z.array(z.string())]).optional() });

/** The verbs that ask for experiments: one for each name, with the flags of all experiments that answer it. */
export function verbsOf(experiments: readonly Experiment[]): Verb[] {
  const names = new Set(experiments.map(({ name, verb = name }) => verb));
  return [...names].map((verb) => verbOf(experiments.filter((each) => (each.verb ?? each.name) === verb)));
}

function verbOf(experiments: readonly Experiment[]): Verb {
  const [{ name, verb = name, summary, description, choices, arguments: positional }] = experiments;
  const parameters = experimentFlags(experiments);
  return {
    name: verb,
    summary,
    description,
    choices,
    arguments: positional,
    parameters,
    examples: experiments.flatMap(({ examples }) => examples),
    run: (typed, args, shell) =>
      run({ experiments, parameters, typed, args, read: (flags) => withFiles(experiments, flags) }, shell),
    replay: (typed, args, shell) => {
      const { weights } = weightsFlag.parse(typed);
      const asRecorded = (flags: Options) => ({ ...flags, ...(weights !== undefined && { weights }) });
      return run({ experiments, parameters, typed, args, read: asRecorded }, shell);
    },
  };
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
  const begun = edge.resume === undefined ? undefined : openRunFolder(edge.resume);
  if (begun) requireOwnFolder(begun, edge.out);
  let folder: RunFolder | undefined = begun;
  const executor = executorOf(edge.executor, () => folder ?? missingFolder());
  const fresh = requestOf(experiments[0].arguments, args, flags, read);
  const asked = begun ? continued(begun, fresh, typed) : fresh;
  const { experiment, request, config } = prepared(experiments, asked, executor);
  const { writes } = experiment;
  if (edge.executor !== "here" && experiment.tasks.length === 0)
    shell.warn(`--executor ${edge.executor} has no part in this run: ${experiment.name} is not made of tasks.`);
  experiment.validate?.(request.options);
  const { out, json, dryRun } = edge;
  const isDemo = begun === undefined && isEmbedded(experiment, asked) && !json && out === undefined && mayPutReport();
  if (!dryRun && out !== undefined) {
    if (writes.as === "folder") refuseUnfinished(out);
    if (writes.as === "file") rehearseFile(out, { read: pathsIn(request), overwrites: edge.overwrite });
    else rehearseFolder(out);
  }
  if (!dryRun && isDemo) rehearseFile(EMBEDDED_REPORT);
  const { seed, time } = measuringFlags.parse(config);
  const again = begun && experiment.tasks.length === 0 ? aboutAgain(begun, time) : undefined;
  if (again !== undefined) shell.warn(again);
  const identity = begun ? { ...identityOf(shell, config), command: begun.run.command } : identityOf(shell, config);
  const createdAt = new Date().toISOString();
  const build = experiment.tasks.length > 0 ? buildId() : null;
  const fileOf = (recipe: Recipe): RunFile => ({
    schema: "thalweg/run@1",
    createdAt,
    directory: process.cwd(),
    command: identity.command,
    config: identity.config,
    build,
    recipe,
  });
  /** Where the folder goes; undefined for none. */
  const placeOf = (recipe: Recipe) =>
    writes.as === "file"
      ? undefined
      : (out ?? (json || !writes.isUsual ? undefined : defaultFolder(createdAt, recipe)));
  let scratch: string | undefined;
  const agreed = (recipe: Recipe) => {
    shell.interruption.listen();
    if (begun === undefined) return;
    requireSame(begun, recipe);
    if (build !== null) requireSameBuild(begun, build);
  };
  const begin = (recipe: Recipe): RunStore => {
    const place = placeOf(recipe);
    if (begun) tidyRunFolder(begun.path);
    else if (place !== undefined) folder = createRunFolder(place, fileOf(recipe));
    // Others can only work in a folder.
    else if (edge.executor !== "here")
      folder = createRunFolder((scratch = mkdtempSync(join(tmpdir(), "thalweg-run-"))), fileOf(recipe));
    return folder ?? { ...memoryStore(), list: () => undefined };
  };
  const listener: Shell["listener"] = (event) => {
    if (event.type === "warning") said.add(event.text);
    shell.listener(event);
    // How far each product is, is for whoever looks on.
    if (event.type !== "progress" && event.by === undefined) folder?.record(event, `${hostname()}-${process.pid}`);
  };
  const engines = new KeptEngines();
  const draws = writes.as === "folder" && (out !== undefined || begun !== undefined || (writes.isUsual && !json));
  await using drawing = drawingThread();
  const openDrawing = () => {
    drawing?.open();
    return loadReport();
  };
  const executed = await execute(
    experiment,
    {
      ...request,
      seed,
      budget: time === undefined ? null : milliseconds(time),
      dryRun,
      output: writes.as === "file" ? (out ?? null) : null,
      identity,
    },
    {
      openers: openers(shell),
      openFile: (path) => openRead(path, modelFlags.shape.importLimit.parse(request.options["importLimit"])),
      executor,
      listener,
      clock: () => performance.now(),
      held: () => process.memoryUsage.rss(),
      createdAt: () => new Date().toISOString(),
      isInterrupted: () => shell.interruption.asked.aborted,
      measuring: (budget) => ({
        ...shell.measuringContext(budget ?? undefined),
        meanwhile: draws ? openDrawing : undefined,
      }),
      drawn: draws ? (figures) => drawing?.begin(figures) : undefined,
      tasks: {
        openers: silentOpeners(shell, engines),
        listener,
        context: (budget) => shell.context(budget ?? undefined),
      },
      agreed,
      begin,
      leave: (name, content) => {
        if (folder && scratch === undefined) addToFolder(folder.path, [[name, content]], () => folder?.requireOurs());
      },
    },
  )
    .catch((error: unknown) => {
      throw folder && scratch === undefined ? withResumption(error, folder) : error;
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
  if (executed.file !== undefined && out !== undefined) writeFileAtomically(out, executed.file);
  const path = folder?.path ?? placeOf(executed.recipe);
  const written =
    path === undefined
      ? NOTHING_WRITTEN
      : await leaveRun(path, finished, {
          arrays: executed.arrays,
          beside: executed.beside,
          isDemo,
          shell,
          begun: folder,
          file: fileOf(executed.recipe),
          drawing,
        });
  const document = { ...finished, warnings: [...finished.warnings, ...written.warnings] };
  for (const fault of executed.faults) shell.fault(fault);
  return {
    text:
      resultText(document, shell.style, { all: edge.verbose, areChecksShown: experiment.checks === "result" }) +
      written.text,
    document,
    exitCode: exitCode(written.isFaulty && executed.state !== "interrupted" ? "fault" : executed.state, shell),
    failure: written.failure,
  };
}

/** Whatever in a request may be the path of a file that is read. */
function pathsIn({ arguments: named, options }: Request): string[] {
  const given = Object.entries(options).flatMap(([key, value]) => (key === "out" ? [] : value));
  return [...named, ...given.filter((value) => typeof value === "string")];
}

/** Begins with the first drawing. Workers load JavaScript only. */
function drawingThread(): DrawingThread | undefined {
  return import.meta.url.endsWith(".js") ? new DrawingThread(new URL("drawing-worker.js", import.meta.url)) : undefined;
}

function missingFolder(): never {
  throw new ThalwegError({
    kind: "internal",
    code: "no-folder",
    message: "Tasks were to be handed out before the run had a folder.",
  });
}

/** What leads to the subject, and the options, of which some stand among the arguments. */
function requestOf(
  positional: readonly Argument[],
  args: readonly (string | undefined)[],
  flags: Options,
  read: Invoked["read"],
): Request {
  const last = positional.length - 1;
  const named = args.flatMap((value, i) => (value === undefined ? [] : [{ value, ...positional[Math.min(i, last)] }]));
  const own = positional.flatMap(({ name, option, variadic }) => {
    const values = named.flatMap((each) => (each.name === name ? [each.value] : []));
    if (option === undefined || values.length === 0) return [];
    return [[option, variadic === true ? values : values[0]]];
  });
  return {
    arguments: named.flatMap(({ option, value }) => (option === undefined ? [value] : [])),
    options: read({ ...flags, ...Object.fromEntries(own) }),
  };
}

/** Which experiment answers, and what it is asked. */
function prepared(experiments: readonly Experiment[], asked: Request, executor: Executor) {
  const experiment =
    experiments.find(({ answers }) => answers?.(asked)) ??
    experiments.find(({ answers }) => answers === undefined) ??
    experiments[0];
  const { arguments: named, options } = withEmbedded(experiment, inList(experiment, asked));
  requireNoMore(experiment, named);
  const { seed } = measuringFlags.parse(options);
  const positional =
    experiment.drawsWeights === true ? named.map((name) => (existsSync(name) ? name : seededName(name, seed))) : named;
  // What the numbers may depend on is fixed, so that whoever continues the run has the same.
  const threads = { threads: options["threads"] ?? executor.threads ?? availableParallelism() };
  const config = withoutTalk(experiment.tasks.length === 0 ? options : { ...options, ...threads });
  return { experiment, config, request: { arguments: positional, options: ofSubject(config) } };
}

/**
 * Where several experiments answer a verb, one may take more arguments than another.
 *
 * @throws usage error `too-many-arguments`
 */
function requireNoMore({ arguments: declared }: Experiment, given: readonly string[]): void {
  const leading = declared.filter(({ option }) => option === undefined);
  if (given.length <= leading.length || leading.some(({ variadic }) => variadic)) return;
  throw new ThalwegError({
    kind: "usage",
    code: "too-many-arguments",
    message: `${leading.map(({ name }) => name).join(" ")} is one, and ${given.length} are given: ${given.join(", ")}.`,
    hint: "Leave the others away.",
  });
}

/** One checkpoint is a list of one, where a list is asked for. */
function inList({ subject }: Experiment, asked: Request): Request {
  const { weights } = asked.options;
  if (SUBJECT_FLAGS[subject] !== SUBJECT_FLAGS.checkpoints || typeof weights !== "string") return asked;
  return { ...asked, options: { ...asked.options, weights: [weights] } };
}

/** The flags of the command line, with the files that they stand for. */
function withFiles(experiments: readonly Experiment[], flags: Options): Options {
  const own = experiments.reduce((read, each) => each.expand?.(read, expandPaths) ?? read, flags);
  const { weights } = weightsFlag.parse(own);
  if (!Array.isArray(weights)) return own;
  return { ...own, weights: standsForSeveral(weights) ? pathsNamed(weights) : weights[0] };
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
