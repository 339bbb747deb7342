import { z } from "zod";
import { RESULT_KINDS, type ResultDocument } from "../documents/result-kinds.ts";
import { profile as profileExperiment } from "../experiments/profile.ts";
import type { ProfileOptions } from "../instruments/instrument.ts";
import { measured as measuredIn, type Measured } from "../instruments/measured.ts";
import type { Profile as Measurement } from "../instruments/profile.ts";
import type { ProfileResult } from "../instruments/profile-result.ts";
import { identityOf, inputsOf, originOf } from "../load/origin-of.ts";
import type { Problem } from "../problem/problem.ts";
import { execute } from "../runs/execute.ts";
import { here } from "../runs/executor.ts";
import type { Opened, Openers, Origin, ProblemSubject } from "../runs/subject.ts";
import { readOptions } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { commandOf } from "./command-of.ts";
import { openingOf } from "./open.ts";
import { requireProblem } from "./require-problem.ts";
import { readRun, type RunOptions } from "./run-options.ts";
/** What a profile found. */
export interface Profile extends Measurement {
  /** The result with all that belongs to it: what `thalweg` writes to result.json, and what reports are made of. */
  readonly document: ResultDocument<"profile">;
}

/**
 * Runs every instrument on a problem, as `thalweg profile` does. Parameters by the names of its flags;
 * missing ones take their defaults. It begins with the checks of every run. Cost: some hundred to thousand products;
 * `thalweg profile --dry-run` says how many.
 *
 * @throws `interrupted`, and whatever keeps loss or gradient from being computed at all
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const { result } = await profile(problem, { top: 1, bottom: 1, densityProbes: 1, densitySteps: 20 });
 * result.hessian.top.length; // → 1
 */
export async function profile(
  problem: Problem,
  parameters: ProfileOptions = {},
  options: RunOptions = {},
): Promise<Profile> {
  requireProblem("profile", problem);
  const asked = readOptions("profile", profileExperiment.parameters, parameters);
  const { seed, context } = readRun("profile", z.object({}), options);
  const opening = openingOf(problem);
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  const given = { ...opening?.given, ...parameters, seed };
  const subject: Opened<ProblemSubject> = {
    subject: {
      problem,
      weightsOf: () => notAsked("other weights"),
      fileWith: () => notAsked("the file with other weights"),
    },
    inputs: opening ? inputsOf(opening.loaded) : [],
    origin: () => (opening ? originOf(opening.loaded, { elapsed }) : fromNowhere(problem)),
    close: () => Promise.resolve(),
  };
  const elsewhere = () => notAsked("another subject");
  const openers: Openers = {
    problem: () => Promise.resolve(subject),
    none: elsewhere,
    ground: elsewhere,
    network: elsewhere,
    checkpoints: elsewhere,
    path: elsewhere,
    model: elsewhere,
    described: elsewhere,
    results: elsewhere,
  };
  const executed = await execute(
    profileExperiment,
    {
      arguments: [],
      options: asked,
      seed,
      budget: null,
      dryRun: false,
      output: null,
      identity: identityOf(
        { command: opening ? commandOf(profileExperiment.name, opening.loaded.source.path, given) : [] },
        { ...opening?.options, ...asked, seed },
      ),
    },
    {
      openers,
      openFile: () => notAsked("a file"),
      executor: here,
      listener: () => undefined,
      clock: elapsed,
      held: () => process.memoryUsage.rss(),
      createdAt: () => new Date().toISOString(),
      isInterrupted: () => false,
      measuring: () => context,
      tasks: { openers, listener: () => undefined, context: () => context },
      begin: () => notAsked("tasks"),
    },
  );
  if ("plan" in executed) return notAsked("a plan");
  const document = RESULT_KINDS.profile.parse(executed.document);
  const { result, checks } = document;
  return { result, arrays: executed.arrays, checks, faults: executed.faults, document };
}

/** Of a problem that did not come from files. */
function fromNowhere({ options: { precision } }: Problem): Origin {
  return { model: null, data: null, loss: null, precision, runtime: null, checks: [], warnings: [] };
}

function notAsked(what: string): never {
  throw new ThalwegError({
    kind: "internal",
    code: "not-asked",
    message: `A profile of the library asked for ${what}.`,
  });
}

/**
 * A result to be read without asking at every step whether it is there: what was not measured throws when it is read, and
 * the error says which instrument would have measured it, and why it did not.
 *
 * @throws usage error `bad-argument`; input error `not-measured` where something that is null is read
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const { result } = await profile(problem, { only: "eigenvalues", top: 1, bottom: 1 });
 * measured(result).hessian.top[0].value === result.hessian.top?.[0].value; // → true
 */
export function measured(result: ProfileResult): Measured<ProfileResult> {
  requireArgument("result", "measured", z.looseObject({ sections: z.array(z.unknown()) }), result);
  return measuredIn(result);
}
