import { z } from "zod";
import { profileOnly, runProfile } from "../instruments/profile.ts";
import { GRADIENT_LENGTH, gradientInstrument } from "../instruments/gradient.ts";
import { keyReadings } from "../instruments/shown-readings.ts";
import { runChecks } from "../instruments/run-checks.ts";
import {
  checkpointsResult,
  checkpointTaskResult,
  type CheckpointResult,
} from "./profile-checkpoints/checkpoints-result.ts";
import { checkpointFigures } from "./profile-checkpoints/checkpoint-figures.ts";
import { checkpointSections } from "./profile-checkpoints/checkpoint-sections.ts";
import type { ProfileResult } from "../instruments/profile-result.ts";
import { defineExperiment } from "../runs/experiment.ts";
import {
  aboutNamedAgain,
  joinedOrigin,
  lossInWords,
  noneMeasured,
  notMeasured,
  requireSameLoss,
} from "../runs/at-many-weights.ts";
import type { Checkpoint } from "../runs/subject.ts";
import { defineTask } from "../runs/task.ts";
import { formatNumber } from "../util/format-number.ts";
import { isNotFinite } from "../util/thalweg-error.ts";
import { planOf, profile } from "./profile.ts";

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
  instead: (error, { weights, sha256 }) =>
    isNotFinite(error) ? { unmeasured: { weights, sha256, reason: error.message } } : undefined,
  async measure({ problem }, { weights, sha256 }, options, { common, origin, context }) {
    const before = await runChecks(problem, "every-run", common.split("checks"), context);
    const { result, checks, faults } = await runProfile(problem, options, common.split("profile"), context);
    return {
      numbers: numbersOf({ weights, sha256 }, result),
      loss: lossInWords(problem.options),
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
  plan: ({ problem, checkpoints }, options, budget) => ({
    ...planOf(problem, options, budget, checkpoints.length),
    checks: checkpoints.length,
  }),
  async measure({ checkpoints, namedAgain }, _options, desk) {
    const found = await desk.tasks(profileCheckpoint, checkpoints);
    const unmeasured = found.flatMap((each) => ("unmeasured" in each ? [each.unmeasured] : []));
    const results = found.filter((each) => "numbers" in each);
    if (results.length === 0) throw noneMeasured(unmeasured);
    requireSameLoss(results.map(({ numbers: { weights }, loss }) => ({ weights, loss })));
    const numbers = results.map((each) => each.numbers);
    const converged = unmeasured.length === 0 && numbers.every((each) => each.converged);
    const products = numbers.reduce((sum, each) => sum + each.products, 0);
    return {
      result: { checkpoints: numbers, unmeasured, converged, products },
      converged,
      warnings: [...aboutNamedAgain({ namedAgain }), ...unmeasured.map(notMeasured)],
      opened: joinedOrigin(
        results.map(({ numbers: { weights }, checks, warnings: said }) => ({ weights, checks, warnings: said })),
      ),
      faults: results.flatMap(({ faults, numbers: { weights } }) =>
        faults.map((message) => new Error(`At ${weights}: ${message}`)),
      ),
    };
  },
});

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
