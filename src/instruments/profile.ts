import { z } from "zod";
import type { Figure } from "../figures/figure.ts";
import { norm2 } from "../linalg/vector.ts";
import { plus, type Work } from "../problem/work.ts";
import type { Problem } from "../problem/problem.ts";
import { Account } from "../quantities/account.ts";
import { denseHessian, isApart } from "../quantities/dense-hessian.ts";
import { Desk } from "../quantities/desk.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { peakOf } from "../quantities/memory.ts";
import { neededQuantities, settingOf } from "../quantities/needed-quantities.ts";
import { defineQuantity, type Quantity } from "../quantities/quantity.ts";
import type { Setting } from "../quantities/setting.ts";
import { Vocabulary, wordsOf } from "../quantities/vocabulary.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { NamedArrays } from "../result/named-arrays.ts";
import { nonFiniteIn } from "../result/non-finite.ts";
import type { Reading, Section, Verdict } from "../result/section.ts";
import { formatNumber } from "../util/format-number.ts";
import { type RunContext, whyEnded } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { baseNumbers, type BaseNumbers } from "./base-numbers.ts";
import { textOf, type ProfileOptions } from "./instrument.ts";
import { judge } from "./judge-verdict.ts";
import { joinParts, notANumber } from "./part.ts";
import { figuresDueAfter, profileFigures } from "./profile-figures.ts";
import { profileResult, type ProfileInstrument, type ProfileResult } from "./profile-result.ts";
import { INSTRUMENTS } from "./registry.ts";
import { readingsOf } from "./shown-readings.ts";
import { messageOf } from "../util/message-of.ts";

export const profileOnly = z.object({
  only: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe(`run these instruments only: ${INSTRUMENTS.map(({ name }) => name).join(", ")}`),
});

/** The instruments that the options ask for, in the order of the registry. */
function chosenInstruments(problem: Problem, options: ProfileOptions): readonly ProfileInstrument[] {
  const { only } = PROFILE_WORDS.read(profileOnly, options);
  if (only === undefined) return INSTRUMENTS.filter((instrument) => isPart(instrument, problem));
  const names = [only].flat().flatMap((list) => list.split(",").map((name) => name.trim()));
  const unknown = names.find((name) => !INSTRUMENTS.some((instrument) => instrument.name === name));
  if (unknown !== undefined) {
    throw new ThalwegError({
      kind: "usage",
      code: "unknown-instrument",
      message: `There is no instrument "${unknown}".`,
      hint: `The instruments are ${INSTRUMENTS.map(({ name }) => name).join(", ")}.`,
    });
  }
  return INSTRUMENTS.filter(({ name }) => names.includes(name));
}

/** Whether it is a part of runs on this problem that name no instruments. */
function isPart({ askedBy }: ProfileInstrument, problem: Problem): boolean {
  return askedBy === undefined || askedBy(problem) !== undefined;
}

/** What was given that no chosen instrument reads, in sentences. */
export function unreadBy(problem: Problem, options: ProfileOptions): string[] {
  const chosen = chosenInstruments(problem, options);
  return INSTRUMENTS.flatMap((instrument: ProfileInstrument) => {
    const flag = instrument.askedBy?.(problem);
    if (flag === undefined || chosen.includes(instrument)) return [];
    return [`Nothing that is measured reads ${flag}: name ${instrument.name} in --only, too, or leave ${flag} out.`];
  });
}

/** The parameters of all instruments, as a profile names them. */
export const PROFILE_WORDS = new Vocabulary([{ name: "profile", words: wordsOf(profileOnly) }, ...INSTRUMENTS]);

/** Every parameter of a profile, by name. */
export const profileParameters = PROFILE_WORDS.parameters;

/** One line of a plan: what `--dry-run` prints. */
export interface PlannedInstrument {
  readonly name: string;
  readonly title: string;
  /** Matrix–vector products expected; 0 where the instrument will be skipped. */
  readonly products: number;
  /** All that it takes, these among it. */
  readonly work: Work;
  /** Memory of large arrays expected at its peak, in bytes, with what earlier ones keep. */
  readonly bytes: number;
  readonly skipped: string | undefined;
}

function settingFor(
  chosen: readonly ProfileInstrument[],
  problem: Problem,
  options: ProfileOptions,
  { hasBudget }: Pick<RunContext, "hasBudget">,
): Setting {
  return settingOf(
    { problem, options, hasBudget, vocabulary: PROFILE_WORDS },
    chosen.flatMap(({ needs }) => needs),
  );
}

/**
 * What a profile would do and cost. What instruments share is counted for the first that needs it.
 *
 * @param context whether the run will have a time budget, which changes what comes first
 */
export function planProfile(
  problem: Problem,
  options: ProfileOptions,
  context: Pick<RunContext, "hasBudget"> = {},
): PlannedInstrument[] {
  const chosen = chosenInstruments(problem, options);
  const setting = settingFor(chosen, problem, options, context);
  const done = new Set<Quantity>();
  let held = 0;
  return chosen.map((instrument) => {
    const { name, title, needs } = instrument;
    try {
      const skipped = instrument.notFor?.(problem, setting);
      if (skipped !== undefined) return { name, title, skipped, products: 0, work: {}, bytes: 0 };
      const fresh = [...neededQuantities(needs, setting)].filter((quantity) => !done.has(quantity));
      for (const quantity of fresh) done.add(quantity);
      const products = fresh.reduce((sum, quantity) => sum + quantity.cost(setting), instrument.cost(setting));
      const others = fresh.map((quantity) => quantity.besides(setting));
      const work = plus({ products }, instrument.besides(setting), ...others);
      const own = { working: instrument.bytes(setting), kept: 0 };
      const { peak, kept } = peakOf([...fresh.map((quantity) => quantity.bytes(setting)), own], held);
      held = kept;
      return { name, title, skipped, products, work, bytes: peak };
    } catch (error) {
      // The run meets the same error, and tells it.
      return { name, title, skipped: `It cannot be planned: ${messageOf(error)}`, products: 0, work: {}, bytes: 0 };
    }
  });
}

/** What is certainly going to be asked for, each after all that it is made of. */
function expectedOf(chosen: readonly ProfileInstrument[], setting: Setting): ReadonlySet<Quantity> {
  const run = chosen.filter((instrument) => isFor(instrument, setting));
  return neededQuantities(
    run.flatMap(({ needs }) => needs),
    setting,
  );
}

/** Whether a profile waits for another thread: what has to be done anyway is done meanwhile. */
export function profileWaits(
  problem: Problem,
  options: ProfileOptions,
  context: Pick<RunContext, "hasBudget"> = {},
): boolean {
  const chosen = chosenInstruments(problem, options);
  const setting = settingFor(chosen, problem, options, context);
  return isApart(setting) && expectedOf(chosen, setting).has(denseHessian);
}

export interface Profile {
  readonly result: ProfileResult;
  readonly arrays: NamedArrays;
  /** What was proven of what was computed, beside the checks of every run. */
  readonly checks: readonly Check[];
  /** What instruments threw by a fault of ours, with the stacks that a result has no place for. */
  readonly faults: readonly Error[];
}

/**
 * Runs every instrument on a problem. One that fails leaves its part null and says why in its section;
 * the others go on. When the time is up, what is left is skipped, and what runs returns what it has.
 *
 * @param options values by parameter name, see {@link profileParameters}; missing ones take their defaults
 * @param drawn told of the figures of each instrument that has run
 * @throws `interrupted`, and whatever keeps loss or gradient from being computed at all
 *
 * @example
 * const { result } = await runProfile(problem, { top: 10 }, createRandom(0), {});
 * result.hessian.top[0]; // { value: 3.4556, residual: 2e-5 }
 */
export async function runProfile(
  problem: Problem,
  options: ProfileOptions,
  random: RandomStream,
  context: RunContext,
  drawn?: (figures: readonly Figure[]) => void,
): Promise<Profile> {
  const chosen = chosenInstruments(problem, options);
  const setting = settingFor(chosen, problem, options, context);
  const early = new Map<ProfileInstrument, Kept>();
  const measurements = chosen.map((instrument) => measurementOf(instrument, (kept) => early.set(instrument, kept)));
  const missing = new Set<string>(chosen.map(({ name }) => name));
  /** While another thread is waited for, what is measured is drawn. */
  const drawEarly = async () => {
    await context.meanwhile?.();
    const known = [...early].reduce((all, [, { part = {} }]) => joinParts(all, part), {});
    const others = new Set(missing);
    for (const { name } of early.keys()) others.delete(name);
    for (const instrument of early.keys()) drawn?.(figuresDueAfter(instrument, others, resultOf(base, known)));
  };
  const needed = expectedOf(chosen, setting);
  const desk = Desk.open(setting, random, { ...context, meanwhile: drawEarly }, [...needed, ...measurements]);
  const { loss, accuracy } = await desk.get(lossValue);
  const base: BaseNumbers = { loss, accuracy: accuracy ?? null, gradientNorm: norm2(await desk.get(lossGradient)) };

  const place = nonFiniteIn(baseNumbers, base);
  if (place !== undefined) throw notANumber(place);
  // What another thread works on longest comes first: all else may be done meanwhile.
  if (isApart(setting) && needed.has(denseHessian)) await desk.begin(denseHessian).catch(() => undefined);
  let result = resultOf(base, {});
  let parts = {};
  const outcomes: Outcome[] = [];
  for (const [i, instrument] of chosen.entries()) {
    const account = new Account(desk.account);
    const outcome = await attempt(async () => {
      const measured = await desk.of(account).get(measurements[i]);
      if (measured.part === undefined) return measured;
      const joined = joinParts(parts, measured.part);
      const seen = resultOf(base, joined);
      // What cannot be shown is not kept either: every reader of the result would meet the same error.
      const readings = readingsOf(instrument, seen);
      [parts, result] = [joined, seen];
      return { ...measured, hasNumbers: readings.some(({ value }) => value !== NOT_AVAILABLE) };
    });
    outcomes.push({ instrument, products: account.products, ...outcome });
    missing.delete(instrument.name);
    drawn?.(figuresDueAfter(instrument, missing, result));
  }

  const { figures } = profileFigures(result);
  const sections: Section[] = [];
  const verdicts: Verdict[] = [];
  const thrown = new Map<unknown, string[]>();
  for (const outcome of outcomes) {
    // Texts and verdicts come last, so that they may rest on everything that was measured.
    const told = await attempt(() => Promise.resolve(tell(outcome, result)));
    const { title, name } = outcome.instrument;
    for (const each of [outcome, told])
      if ("error" in each && each.fault) thrown.set(each.error, [...(thrown.get(each.error) ?? []), title]);
    if ("verdicts" in told) for (const each of told.verdicts) verdicts.push(each);
    const { status, reason, fault = null } = "error" in told ? told : outcome;
    sections.push({
      instrument: name,
      title,
      status: status === "not-converged" && !("hasNumbers" in outcome && outcome.hasNumbers) ? "not-reached" : status,
      reason,
      fault,
      products: outcome.products,
      readings: "readings" in told ? told.readings : [],
      figures: figures.filter(({ instrument }) => instrument === name).map((figure) => figure.name),
      ...("texts" in told ? told.texts : NO_TEXTS),
    });
  }
  return {
    result: {
      ...result,
      verdicts,
      sections,
      converged: sections.every(({ status }) => status === "measured" || status === "skipped") && !desk.outOfTime,
      products: desk.products,
    },
    arrays: desk.arrays,
    checks: desk.checks,
    // What several instruments share fails once.
    faults: [...thrown].map(
      ([cause, titles]) => new Error(`A fault in ${titles.join("; ")}: ${messageOf(cause)}`, { cause }),
    ),
  };
}

const NOT_AVAILABLE = formatNumber(null);

const NO_TEXTS = { measures: "", means: "", doesNotMean: "", tryNext: "" };

/** Whether an instrument is going to be run; one that cannot tell meets its error in its turn. */
function isFor({ notFor }: ProfileInstrument, setting: Setting): boolean {
  try {
    return notFor?.(setting.problem, setting) === undefined;
  } catch {
    return false;
  }
}

type Standing = Pick<Section, "status" | "reason"> & { readonly fault?: boolean };

interface Failure extends Standing {
  readonly status: "failed";
  readonly error: unknown;
}

interface Kept extends Standing {
  readonly part?: Readonly<Record<string, unknown>>;
  /** Whether any of its readings has a number. */
  readonly hasNumbers?: boolean;
}

type Outcome = { readonly instrument: ProfileInstrument; readonly products: number } & (Kept | Failure);

/**
 * What an instrument does, as a quantity: one that is not made of what another thread computes is done while that is
 * waited for, and counted in its turn.
 */
function measurementOf(instrument: ProfileInstrument, done: (kept: Kept) => void): Quantity<Kept> {
  const { title, needs } = instrument;
  return defineQuantity({
    name: title,
    parameters: z.object({}),
    needs,
    compute: async (desk) => {
      const kept = await measure(instrument, desk);
      done(kept);
      return kept;
    },
  });
}

async function measure(instrument: ProfileInstrument, desk: Desk): Promise<Kept> {
  const skip = instrument.notFor?.(desk.problem, desk);
  if (skip !== undefined) return { status: "skipped", reason: skip };
  if (desk.outOfTime && instrument.isKnown !== true)
    return {
      status: "not-converged",
      reason: `The run had to end before it: ${whyEnded(desk.context)}`,
    };
  const { part, converged, reason = null } = await instrument.run(desk);
  return { status: converged ? "measured" : "not-converged", reason, part };
}

/** What an instrument says, all parts being known. */
function tell(outcome: Outcome, result: ProfileResult) {
  const { instrument } = outcome;
  const hasPart = "part" in outcome && outcome.part !== undefined;
  const readings: Reading[] = hasPart ? readingsOf(instrument, result) : [];
  return {
    readings,
    texts: {
      measures: textOf(instrument.measures, result),
      means: hasPart ? textOf(instrument.means, result) : "",
      doesNotMean: textOf(instrument.doesNotMean, result),
      tryNext: hasPart ? textOf(instrument.tryNext, result) : "",
    },
    verdicts: hasPart
      ? instrument
          .verdicts(result)
          .flatMap(judge)
          .map((verdict) => ({ instrument: instrument.name, ...verdict }))
      : [],
  };
}

/**
 * One step of one instrument: what it throws becomes the state of its section, and the others go on.
 *
 * @throws `interrupted`, which ends the run
 */
async function attempt<T>(step: () => Promise<T>): Promise<T | Failure> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "interrupted") throw error;
    const fault = isFault(error);
    const hint = error instanceof ThalwegError && error.hint !== undefined ? ` ${error.hint}` : "";
    const reason = fault ? `A fault of Thalweg's own: ${messageOf(error)}` : `${messageOf(error)}${hint}`;
    return { status: "failed", reason, fault, error };
  }
}

/** What the weights, the data or the operators of a network may bring about once it was opened; everything else is ours. */
const OF_THE_NETWORK: ReadonlySet<string> = new Set(["not-finite", "no-derivative", "no-likelihood", "no-outputs"]);

function isFault(error: unknown): boolean {
  if (!(error instanceof ThalwegError)) return true;
  return error.kind !== "check" && !OF_THE_NETWORK.has(error.code);
}

/** Parts as a file holds them, with what every profile has; what is missing is null. */
function resultOf(base: BaseNumbers, parts: Readonly<Record<string, unknown>>): ProfileResult {
  return profileResult.parse({
    ...z.encode(baseNumbers, base),
    ...parts,
    verdicts: [],
    sections: [],
    converged: false,
    products: 0,
  });
}
