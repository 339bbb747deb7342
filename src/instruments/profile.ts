import { z } from "zod";
import { norm2 } from "../linalg/vector.ts";
import type { Problem } from "../problem/problem.ts";
import { Account } from "../quantities/account.ts";
import { Desk } from "../quantities/desk.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { neededQuantities, settingOf } from "../quantities/needed-quantities.ts";
import type { Quantity } from "../quantities/quantity.ts";
import type { Setting } from "../quantities/setting.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { NamedArrays } from "../result/named-arrays.ts";
import { nonFiniteIn } from "../result/non-finite.ts";
import { profileResult, type ProfileResult, type Section, type Verdict } from "../result/profile-result.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { textOf, type Instrument, type ProfileOptions, type ProfileParts } from "./instrument.ts";
import { judge } from "./judge-verdict.ts";
import { INSTRUMENTS } from "./registry.ts";

const profileOnly = z.object({
  only: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe(`run these instruments only: ${INSTRUMENTS.map(({ name }) => name).join(", ")}`),
});

/** The instruments that the options ask for, in the order of the registry. */
function chosenInstruments(options: ProfileOptions): readonly Instrument[] {
  const { only } = profileOnly.parse(options);
  if (only === undefined) return INSTRUMENTS;
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

/** Every parameter of a profile, flat: names are unique over the instruments or mean the same thing. */
export const profileParameters = INSTRUMENTS.reduce<z.ZodObject>(
  (all, { parameters }) => all.extend(parameters.shape),
  profileOnly,
);

/** One line of a plan: what `--dry-run` prints. */
export interface PlannedInstrument {
  readonly name: string;
  readonly title: string;
  /** Matrix–vector products expected; 0 where the instrument will be skipped. */
  readonly products: number;
  readonly skipped: string | undefined;
}

function settingFor(
  chosen: readonly Instrument[],
  problem: Problem,
  options: ProfileOptions,
  { hasBudget }: Pick<RunContext, "hasBudget">,
): Setting {
  return settingOf(
    { problem, options, hasBudget },
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
  const chosen = chosenInstruments(options);
  const setting = settingFor(chosen, problem, options, context);
  const done = new Set<Quantity>();
  return chosen.map((instrument) => {
    const { name, title, needs } = instrument;
    try {
      const skipped = instrument.notFor?.(problem);
      if (skipped !== undefined) return { name, title, skipped, products: 0 };
      const fresh = [...neededQuantities(needs, setting)].filter((quantity) => !done.has(quantity));
      for (const quantity of fresh) done.add(quantity);
      const products = fresh.reduce((sum, quantity) => sum + quantity.cost(setting), instrument.cost(setting));
      return { name, title, skipped, products };
    } catch (error) {
      // The run meets the same error, and tells it.
      return { name, title, skipped: `It cannot be planned: ${messageOf(error)}`, products: 0 };
    }
  });
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
): Promise<Profile> {
  const chosen = chosenInstruments(options);
  const desk = Desk.open(settingFor(chosen, problem, options, context), random, context);
  const { loss, accuracy } = await desk.get(lossValue);
  const gradientNorm = norm2(await desk.get(lossGradient));

  let parts: ProfileParts = { loss, accuracy: accuracy ?? null, gradientNorm };
  const outcomes: Outcome[] = [];
  for (const instrument of chosen) {
    const account = new Account(desk.account);
    const outcome = await attempt(async () => {
      const measured = await measure(instrument, desk, account);
      if (measured.parts) {
        const joined = join(parts, measured.parts);
        requireFinite(measured.parts);
        // What cannot be shown is not kept either: every reader of the result would meet the same error.
        instrument.readings(resultOf(joined));
        parts = joined;
      }
      return measured;
    });
    outcomes.push({ instrument, products: account.products, ...outcome });
  }

  const sections: Section[] = [];
  const verdicts: Verdict[] = [];
  const thrown = new Map<unknown, string[]>();
  for (const outcome of outcomes) {
    // Texts and verdicts come last, so that they may rest on everything that was measured.
    const told = await attempt(() => Promise.resolve(tell(outcome, parts)));
    const { title, name } = outcome.instrument;
    for (const each of [outcome, told])
      if ("error" in each && each.fault) thrown.set(each.error, [...(thrown.get(each.error) ?? []), title]);
    if ("verdicts" in told) verdicts.push(...told.verdicts);
    const { status, reason, fault = null } = "error" in told ? told : outcome;
    sections.push({
      instrument: name,
      title,
      status,
      reason,
      fault,
      products: outcome.products,
      ...("texts" in told ? told.texts : { measures: "", means: "", doesNotMean: "", tryNext: "" }),
    });
  }
  return {
    result: {
      ...resultOf(parts),
      loss,
      accuracy: accuracy ?? null,
      gradientNorm,
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

type Standing = Pick<Section, "status" | "reason"> & { readonly fault?: boolean };

interface Failure extends Standing {
  readonly status: "failed";
  readonly error: unknown;
}

type Outcome = { readonly instrument: Instrument; readonly products: number } & (
  | (Standing & { readonly parts?: ProfileParts })
  | Failure
);

async function measure(
  instrument: Instrument,
  desk: Desk,
  account: Account,
): Promise<Standing & { readonly parts?: ProfileParts }> {
  const skip = instrument.notFor?.(desk.problem);
  if (skip !== undefined) return { status: "skipped", reason: skip };
  if (desk.outOfTime && instrument.isKnown !== true)
    return {
      status: "not-converged",
      reason: "The run had to end before it: its time was spent, or it was interrupted.",
    };
  const { parts, converged, reason } = await instrument.run(desk, account);
  if (converged) return { status: "measured", reason: reason ?? null, parts };
  return { status: "not-converged", reason: reason ?? null, parts: knownOf(parts) };
}

/** What a measurement that ended early has numbers for: before its first sample an estimate is none. Undefined where nothing is. */
function knownOf({ hessian, ...others }: ProfileParts): ProfileParts | undefined {
  const isKnown = (part: ProfileParts) => nonFiniteIn(profileResult, part) === undefined;
  const known = Object.entries(others).filter(([name, part]) => isKnown({ [name]: part }));
  const ofHessian = Object.entries(hessian ?? {}).filter(([name, part]) => isKnown({ hessian: { [name]: part } }));
  if (known.length + ofHessian.length === 0) return undefined;
  return { ...Object.fromEntries(known), ...(hessian && { hessian: Object.fromEntries(ofHessian) }) };
}

/** What the texts and verdicts of an instrument say, all parts being known. */
function tell(outcome: Outcome, parts: ProfileParts) {
  const { instrument } = outcome;
  const hasParts = "parts" in outcome && outcome.parts !== undefined;
  return {
    texts: {
      measures: textOf(instrument.measures, parts),
      means: hasParts ? textOf(instrument.means, parts) : "",
      doesNotMean: textOf(instrument.doesNotMean, parts),
      tryNext: hasParts ? textOf(instrument.tryNext, parts) : "",
    },
    verdicts: hasParts
      ? instrument
          .verdicts(parts)
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A number that is none is no measurement, whichever instrument made it. */
function requireFinite(parts: ProfileParts): void {
  const place = nonFiniteIn(profileResult, parts);
  if (place === undefined) return;
  throw new ThalwegError({
    kind: "internal",
    code: "not-a-number",
    message: `"${place}" came out as NaN or ∞, so nothing of this measurement is reported.`,
  });
}

function join(parts: ProfileParts, more: ProfileParts): ProfileParts {
  return { ...parts, ...more, hessian: { ...parts.hessian, ...more.hessian } };
}

function resultOf(parts: ProfileParts): ProfileResult {
  return {
    loss: 0,
    lossRounding: null,
    gradientNorm: 0,
    accuracy: null,
    verdicts: [],
    sections: [],
    converged: false,
    products: 0,
    ...EMPTY,
    ...parts,
    hessian: { ...EMPTY_HESSIAN, ...parts.hessian },
  };
}

const EMPTY_HESSIAN: ProfileResult["hessian"] = {
  top: null,
  bottom: null,
  multiplicity: null,
  eigenvalueProducts: null,
  eigenvalueMethod: null,
  eigenvaluesConverged: null,
  trace: null,
  frobenius: null,
  density: null,
  negativeShare: null,
  negativeDepth: null,
  descent: null,
  descentRounding: null,
  gradientResolution: null,
  roundoff: null,
  effectiveRank: null,
  condition: null,
};

const EMPTY = {
  gradient: null,
  gaussNewton: null,
  residual: null,
  stability: null,
  noise: null,
  flatness: null,
  symmetries: null,
  layers: null,
  attribution: null,
  units: null,
  lines: null,
} satisfies Partial<ProfileResult>;
