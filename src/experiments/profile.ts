import { z } from "zod";
import { planProfile, PROFILE_WORDS, profileOnly, profileWaits, runProfile, unreadBy } from "../instruments/profile.ts";
import { PROFILE_FIGURES } from "../instruments/profile-figures.ts";
import { profileResult } from "../instruments/profile-result.ts";
import { INSTRUMENTS } from "../instruments/registry.ts";
import type { Problem } from "../problem/problem.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { OPTIONAL_MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import type { Plan } from "../runs/plan.ts";
import type { RunContext } from "../util/run-context.ts";
import { chosen } from "../util/chosen.ts";
import type { Options } from "../runs/subject.ts";

const named = z.object({ only: z.array(z.string()).default([]) });

export const profile = defineExperiment({
  name: "profile",
  summary: "measure the geometry of the loss at a network's weights",
  description:
    "Measure the geometry of the loss at a network's weights: curvature, stability limits, gradient noise, flatness, layers, units and symmetries, each number with its proof. Without MODEL a small trained network is measured.",
  document: "profile",
  result: profileResult,
  figures: PROFILE_FIGURES,
  arguments: [OPTIONAL_MODEL],
  subject: "problem",
  isRandom: true,
  endsEarly: true,
  readsHeldOut: true,
  checks: "every-run",
  parameters: profileOnly,
  uses: INSTRUMENTS,
  examples: [
    ["thalweg profile", "a trained network that comes with thalweg"],
    ["thalweg profile model.onnx --data train.npz", "your own"],
    ["thalweg profile model.onnx --data train.npz --time 60s", "in a minute"],
    ["thalweg profile model.onnx --data train.npz --dry-run", "what it would cost"],
  ],
  validate(options) {
    for (const name of named.parse(options).only) chosen("instrument", name, INSTRUMENTS);
  },
  plan: ({ problem }, options, budget) => planOf(problem, options, budget, 1),
  waits: ({ problem }, options, budget) => profileWaits(problem, options, budget),
  async measure({ problem }, _options, desk) {
    const { result, arrays, checks, faults } = await runProfile(
      problem,
      desk.options,
      desk.random.split("profile"),
      desk.context,
      desk.drawn,
    );
    for (const [name, tensor] of arrays.entries()) desk.arrays.keep(name, tensor);
    const isFaulty = result.sections.some(({ fault }) => fault === true);
    return {
      result,
      converged: result.converged,
      checks,
      // A section that is marked as our fault is one, also where nothing was thrown that could be shown.
      faults: isFaulty && faults.length === 0 ? [new Error("A fault in a measurement.")] : faults,
    };
  },
});

/** What a profile of a problem would do, once for each task. */
export function planOf(problem: Problem, options: Options, budget: Pick<RunContext, "hasBudget">, tasks: number): Plan {
  return {
    noun: "instrument",
    steps: planProfile(problem, options, budget),
    tasks,
    problem,
    warnings: [...unreadBy(problem, options), ...beyondAll(options, problem.space.dimension)],
  };
}

/** What is asked for beyond what there is. */
function beyondAll(options: Options, dimension: number): string[] {
  return Object.entries(
    PROFILE_WORDS.read(hessianExtremes.parameters.pick({ top: true, bottom: true }), options),
  ).flatMap(([name, count]) =>
    count > dimension ? [`--${name} ${count} is more than there are: all ${dimension} eigenvalues are taken.`] : [],
  );
}
