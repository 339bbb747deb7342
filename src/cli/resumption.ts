import { existsSync, realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import { isFileError } from "../io/file-error.ts";
import { openHashedFile } from "../io/open-hashed-file.ts";
import type { RunFolder } from "../io/run-folder.ts";
import { type Recipe, recipeDifference } from "../runs/recipe.ts";
import type { Request } from "../runs/subject.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { WITHOUT_NUMBERS } from "./experiment-flags.ts";
import type { RawFlags } from "./flag.ts";

/** What the run was asked that is continued; whatever is typed again must agree with it, which is seen later. */
export function continued({ run }: RunFolder, asked: Request, typed: RawFlags): Request {
  const isNew = ([name]: readonly [string, unknown]) => WITHOUT_NUMBERS.has(name) || Object.hasOwn(typed, name);
  return {
    arguments: asked.arguments.length > 0 ? asked.arguments : run.recipe.arguments,
    options: { ...run.config, ...Object.fromEntries(Object.entries(asked.options).filter(isNew)) },
  };
}

/**
 * A run goes on in its own folder.
 *
 * @throws usage error `resumed-elsewhere`
 */
export function requireOwnFolder({ path }: RunFolder, out: string | undefined): void {
  if (out === undefined || isSameFolder(path, out)) return;
  throw new ThalwegError({
    kind: "usage",
    code: "resumed-elsewhere",
    message: `The run in ${path} is continued there, and --out names ${out}.`,
    hint: `Leave --out away, or copy ${path} and continue the copy.`,
  });
}

/** @throws usage error `another-recipe` */
export function requireSame({ path, run }: RunFolder, recipe: Recipe): void {
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

/**
 * Tasks of one run are done by one build: results of two may differ in their last digits, and nobody would see it.
 *
 * @throws usage error `another-build`
 */
export function requireSameBuild({ path, run }: RunFolder, build: string): void {
  if (run.build === build) return;
  throw new ThalwegError({
    kind: "usage",
    code: "another-build",
    message: `The run in ${path} was begun by ${run.build === null ? "an earlier build" : `the build ${run.build}`}, and this is ${build}: their numbers may differ.`,
    where: { file: path },
    hint: "Go on with the build that began it, on every machine, or begin another run in a new folder.",
  });
}

/**
 * Whoever works in another folder than the one in which a run was begun must find the same files from there: otherwise each
 * task that it claims would fail, for all.
 *
 * @throws usage error `another-directory`
 */
export function requireInputsHere({ path, run }: RunFolder): void {
  if (isSameFolder(run.directory, process.cwd())) return;
  for (const { path: input, sha256 } of run.recipe.inputs) {
    // What an absolute path leads to is the same from everywhere.
    if (isAbsolute(input)) continue;
    const found = existsSync(input) ? hashOf(input) : undefined;
    if (found === sha256) continue;
    throw new ThalwegError({
      kind: "usage",
      code: "another-directory",
      message: `The run in ${path} was begun in ${run.directory}, and from here ${input} ${found === undefined ? "does not exist" : "is another file"}.`,
      where: { file: input },
      hint: "Call it in the folder in which the run was begun, or in a copy that holds the same files.",
    });
  }
}

function isSameFolder(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}

/** Whether a file can be read and holds those bytes. */
function holdsStill(path: string, sha256: string): boolean {
  try {
    return hashOf(path) === sha256;
  } catch {
    return false;
  }
}

function hashOf(path: string): string {
  const file = openHashedFile(path);
  file.close();
  return file.sha256;
}

/** That a run without tasks is measured again from the start; undefined where it need not have been cut short. */
export function aboutAgain({ path }: RunFolder, time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  return `The run in ${path} is measured again from the start, within the same --time ${time}, as it is not made of tasks that are kept: if that is too short, begin another run with a longer --time, or without.`;
}

/** What stopped a run, with how to go on; where its own files stop it, they would do so again. */
export function withResumption(error: unknown, { path, run }: RunFolder): unknown {
  if (!(error instanceof ThalwegError) || error.kind === "internal" || error.kind === "usage") return error;
  const { kind, code, message, where, hint } = error;
  const { inputs } = run.recipe;
  const more =
    kind !== "interrupted" && !isFileError(error) && inputs.every((each) => holdsStill(each.path, each.sha256))
      ? `Its files are those with which the run began, so --resume ${path} would end there, too: begin another without what stops it.`
      : `What is done is kept: --resume ${path} goes on from there.`;
  return new ThalwegError({
    kind,
    code,
    message,
    where,
    hint: hint === undefined ? more : `${hint} ${more}`,
    cause: error,
  });
}
