import { z } from "zod";
import { norm2 } from "../linalg/vector.ts";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { NamedArrays } from "../result/named-arrays.ts";
import type { ProfileResult, Section, Verdict } from "../result/profile-result.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { eigenvalueParameters } from "./eigenvalues.ts";
import { textOf, type Instrument, type ProfileOptions, type ProfileParts } from "./instrument.ts";
import { Measurement, type SharedSettings } from "./measurement.ts";
import { noiseParameters } from "./noise.ts";
import { INSTRUMENTS } from "./registry.ts";
import { sharedProducts, type Shared } from "./shared-costs.ts";
import { traceParameters } from "./trace.ts";

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

function sharedSettings(options: ProfileOptions): SharedSettings {
  const { top, bottom, tol } = eigenvalueParameters.parse(options);
  const { exactLimit, traceTolerance } = traceParameters.parse(options);
  const { noiseTop, noiseProbes } = noiseParameters.parse(options);
  const wantsTrace = chosenInstruments(options).some(({ needs = [] }) => needs.includes("Hessian trace"));
  return { top, bottom, tolerance: tol, exactLimit, traceTolerance, noiseTop, noiseProbes, wantsTrace };
}

/** What a profile would do and cost. What instruments share is counted for the first that needs it. */
export function planProfile(problem: Problem, options: ProfileOptions): PlannedInstrument[] {
  const settings = sharedSettings(options);
  const done = new Set<Shared>();
  return chosenInstruments(options).map((instrument) => {
    const { name, title, needs = [] } = instrument;
    const skipped = instrument.notFor?.(problem);
    const products =
      skipped === undefined
        ? sharedProducts(needs, problem.space.dimension, settings, done) + instrument.cost(problem, options)
        : 0;
    return { name, title, skipped, products };
  });
}

export interface Profile {
  readonly result: ProfileResult;
  readonly arrays: NamedArrays;
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
  const measurement = new Measurement(problem, random, context, sharedSettings(options));
  const { loss, accuracy } = await measurement.value();
  const gradientNorm = norm2(await measurement.gradient());

  let parts: ProfileParts = { loss, accuracy: accuracy ?? null, gradientNorm };
  const sections: Section[] = [];
  const verdicts: Verdict[] = [];
  for (const instrument of chosenInstruments(options)) {
    const before = measurement.products;
    const outcome = await measured(instrument, measurement, options);
    const { status, reason } = outcome;
    if (outcome.parts) {
      parts = { ...parts, ...outcome.parts, hessian: { ...parts.hessian, ...outcome.parts.hessian } };
      const judged = instrument.verdicts(parts);
      verdicts.push(...judged.map((verdict) => ({ instrument: instrument.name, ...verdict })));
    }
    sections.push({
      instrument: instrument.name,
      title: instrument.title,
      status,
      reason,
      products: measurement.products - before,
      measures: textOf(instrument.measures, parts),
      means: outcome.parts ? textOf(instrument.means, parts) : "",
      doesNotMean: textOf(instrument.doesNotMean, parts),
      tryNext: outcome.parts ? textOf(instrument.tryNext, parts) : "",
    });
  }
  return {
    result: {
      ...EMPTY,
      ...parts,
      loss,
      accuracy: accuracy ?? null,
      gradientNorm,
      hessian: { ...EMPTY_HESSIAN, ...parts.hessian },
      verdicts,
      sections,
      converged:
        sections.every(({ status }) => status === "measured" || status === "skipped") && !measurement.outOfTime,
      products: measurement.products,
    },
    arrays: measurement.arrays,
  };
}

interface Outcome extends Pick<Section, "status" | "reason"> {
  readonly parts?: ProfileParts;
}

async function measured(instrument: Instrument, measurement: Measurement, options: ProfileOptions): Promise<Outcome> {
  const skip = instrument.notFor?.(measurement.problem);
  if (skip !== undefined) return { status: "skipped", reason: skip };
  if (measurement.outOfTime)
    return {
      status: "not-converged",
      reason: "The run had to end before it: its time was spent, or it was interrupted.",
    };
  try {
    const { parts, converged, reason } = await instrument.run(measurement, options);
    return { status: converged ? "measured" : "not-converged", reason: reason ?? null, parts };
  } catch (error) {
    if (!(error instanceof ThalwegError)) return { status: "failed", reason: `An internal error: ${String(error)}` };
    if (error.kind === "interrupted") throw error;
    return { status: "failed", reason: error.hint === undefined ? error.message : `${error.message} ${error.hint}` };
  }
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
} satisfies Partial<ProfileResult>;
