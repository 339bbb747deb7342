import { z } from "zod";
import { profileOnly, runProfile } from "../instruments/profile.ts";
import { GRADIENT_LENGTH, gradientInstrument } from "../instruments/gradient.ts";
import { keyReadings } from "../instruments/shown-readings.ts";
import { runChecks } from "../instruments/run-checks.ts";
import type { Problem } from "../problem/problem.ts";
import {
  checkpointsResult,
  checkpointTaskResult,
  type CheckpointResult,
  type CheckpointsResult,
  type MeasuredTask,
} from "./profile-checkpoints/checkpoints-result.ts";
import { checkpointFigures } from "./profile-checkpoints/checkpoint-figures.ts";
import { checkpointSections, notMeasured } from "./profile-checkpoints/checkpoint-sections.ts";
import type { Check } from "../result/envelope.ts";
import type { ProfileResult } from "../instruments/profile-result.ts";
import { defineExperiment } from "../runs/experiment.ts";
import type { Checkpoint } from "../runs/subject.ts";
import { defineTask } from "../runs/task.ts";
import { formatNumber } from "../util/format-number.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { planOf, profile } from "./profile.ts";

/** The code of errors about a number that is NaN or ∞: of a weight, of the loss or on the way to it. */
const NOT_FINITE = "not-finite";

const checkpoint = z.object({ weights: z.string(), sha256: z.string() });

/**
 * A profile at one checkpoint, which is opened anew: a checkpoint holds statistics and constants besides the parameters.
 * All take the same random numbers, which are those of a profile of that checkpoint alone.
 */
const profileCheckpoint = defineTask({
  name: "profile-checkpoint",
  subject: "problem",
  input: checkpoint,
  result: checkpointTaskResult,
  label: ({ weights }) => weights,
  opens: ({ arguments: given, options }, { weights }) => ({
    arguments: given,
    options: { ...options, weights },
  }),
  // One that diverged says nothing of the others.
  instead: ({ code, message: reason }, { weights, sha256 }) =>
    code === NOT_FINITE ? { unmeasured: { weights, sha256, reason } } : undefined,
  async measure({ problem }, { weights, sha256 }, options, { common, origin, context }) {
    const before = await runChecks(problem, "every-run", common.split("checks"), context);
    const { result, checks, faults } = await runProfile(problem, options, common.split("profile"), context);
    return {
      numbers: numbersOf({ weights, sha256 }, result),
      loss: lossOf(problem),
      checks: [...origin.checks, ...before, ...checks],
      warnings: origin.warnings,
      faults: faults.map(({ message }) => message),
    };
  },
});

export const profileCheckpoints = defineExperiment({
  ...profile,
  name: "profile-checkpoints",
  verb: "profile",
  document: "checkpoints",
  result: checkpointsResult,
  figures: checkpointFigures,
  show: checkpointSections,
  examples: [
    ["thalweg profile model.onnx --data train.npz --weights 'step-*.safetensors'", "at every checkpoint of a training"],
  ],
  subject: "checkpoints",
  answers: ({ options }) => Array.isArray(options["weights"]),
  checks: undefined,
  waits: undefined,
  parameters: profileOnly,
  tasks: [profileCheckpoint],
  plan: ({ problem, checkpoints }, options, budget) => planOf(problem, options, budget, checkpoints.length),
  async measure({ checkpoints }, _options, desk) {
    const found = await desk.tasks(profileCheckpoint, checkpoints);
    const unmeasured = found.flatMap((each) => ("unmeasured" in each ? [each.unmeasured] : []));
    const results = found.filter((each) => "numbers" in each);
    if (results.length === 0) throw noneMeasured(unmeasured);
    requireSameLoss(results);
    const numbers = results.map((each) => each.numbers);
    const converged = unmeasured.length === 0 && numbers.every((each) => each.converged);
    const products = numbers.reduce((sum, each) => sum + each.products, 0);
    return {
      result: { checkpoints: numbers, unmeasured, converged, products },
      converged,
      warnings: unmeasured.map(notMeasured),
      opened: { checks: worstOf(results), warnings: warningsOf(results) },
      faults: results.flatMap(({ faults, numbers: { weights } }) =>
        faults.map((message) => new Error(`At ${weights}: ${message}`)),
      ),
    };
  },
});

function noneMeasured([first]: CheckpointsResult["unmeasured"]): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: NOT_FINITE,
    message: `None of the checkpoints can be measured. ${notMeasured(first)}`,
    where: { file: first.weights },
    hint: "Take checkpoints from before the run diverged.",
  });
}

function numbersOf({ weights, sha256 }: Checkpoint, result: ProfileResult): CheckpointResult {
  const { hessian, gaussNewton, gradient, noise, sections } = result;
  const isSearched = hessian.eigenvaluesConverged === true && hessian.multiplicity?.checked === true;
  return {
    weights,
    sha256,
    loss: result.loss,
    lossRounding: result.lossRounding,
    accuracy: result.accuracy,
    gradientNorm: result.gradientNorm,
    gradientRounding: gradient?.rounding ?? null,
    top: hessian.top,
    bottom: hessian.bottom,
    searchMargin:
      isSearched && hessian.multiplicity?.missProbability !== null ? (hessian.multiplicity?.margin ?? 0) : null,
    trace: hessian.trace,
    frobenius: hessian.frobenius,
    gaussNewtonTop: gaussNewton?.top ?? null,
    gaussNewtonTrace: gaussNewton?.trace ?? null,
    noiseTrace: noise?.trace ?? null,
    heldOut: result.heldOut,
    followed: followedOf(result),
    verdicts: result.verdicts,
    sections: sections.map(({ instrument, title, status, reason }) => ({ instrument, title, status, reason })),
    converged: result.converged,
    products: result.products,
  };
}

/** The numbers that are looked for first, of whichever instruments ran; the length of the gradient every run has. */
function followedOf(result: ProfileResult): CheckpointResult["followed"] {
  const readings = keyReadings(result).map(({ instrument, label, symbol = null, value, number = null }) => ({
    instrument,
    label,
    symbol,
    value,
    number,
  }));
  if (readings.some(({ instrument }) => instrument === gradientInstrument.name)) return readings;
  const { gradientNorm: value } = result;
  const length = {
    instrument: gradientInstrument.name,
    label: "Gradient",
    symbol: GRADIENT_LENGTH,
    value: formatNumber(value, 3),
    number: { value, error: null },
  };
  return [...readings, length];
}

/** What the loss is, in words: where it was guessed, it might be guessed otherwise at other weights. */
function lossOf({ options: { loss, lossOptions } }: Problem): string {
  const { classAxis, outputKind } = lossOptions;
  return [
    loss.title,
    ...(outputKind === undefined ? [] : [`of ${outputKind}`]),
    ...(classAxis === undefined ? [] : [`over the axis ${classAxis}`]),
  ].join(" ");
}

function requireSameLoss(results: readonly MeasuredTask[]): void {
  const [first, ...others] = results;
  const other = others.find(({ loss }) => loss !== first.loss);
  if (other === undefined) return;
  throw new ThalwegError({
    kind: "input",
    code: "losses-differ",
    message: `The loss was read as ${first.loss} at ${first.numbers.weights}, and as ${other.loss} at ${other.numbers.weights}: their numbers are not of one function.`,
    hint: "Say which it is, with --loss, --output-kind and --class-axis.",
  });
}

/** Each check once: where it failed, or else could not be made, or else came closest to its limit. */
function worstOf(results: readonly MeasuredTask[]): Check[] {
  const worst = new Map<string, { readonly check: Check; readonly weights: string }>();
  for (const { checks, numbers } of results) {
    for (const check of checks) {
      const known = worst.get(check.name)?.check;
      if (known === undefined || isWorse(check, known)) worst.set(check.name, { check, weights: numbers.weights });
    }
  }
  return [...worst.values()].map(({ check, weights }) => ({
    ...check,
    detail:
      results.length === 1 ? check.detail : `${check.detail} The worst of ${results.length} checkpoints: ${weights}.`,
  }));
}

const RANK = { failed: 2, missing: 1, passed: 0 } as const;

function isWorse(check: Check, than: Check): boolean {
  const rank = ({ passed }: Check) => (passed === false ? RANK.failed : passed === null ? RANK.missing : RANK.passed);
  if (rank(check) !== rank(than)) return rank(check) > rank(than);
  return check.measured / check.limit > than.measured / than.limit;
}

/** Warnings of all checkpoints once, those of some with their names. */
function warningsOf(results: readonly MeasuredTask[]): string[] {
  const places = new Map<string, string[]>();
  for (const { warnings, numbers } of results)
    for (const warning of new Set(warnings)) places.set(warning, [...(places.get(warning) ?? []), numbers.weights]);
  return [...places].map(([warning, weights]) =>
    weights.length === results.length ? warning : `At ${weights.join(", ")}: ${warning}`,
  );
}
