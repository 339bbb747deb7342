import { norm2 } from "../linalg/vector.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import type { Plan } from "../runs/plan.ts";
import { SAMPLERS } from "../sampling/registry.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { tensor } from "../util/tensor.ts";
import { conclude } from "./llc/conclude.ts";
import { covarianceOfTemperatures } from "./llc/covariance-of-temperatures.ts";
import { freeEnergySlopes } from "./llc/free-energy.ts";
import { energiesOfChains, coefficientByTemperature } from "./llc/llc-figures.ts";
import { llcOptions, settingsOf, sizeOf } from "./llc/llc-options.ts";
import { llcResult } from "./llc/llc-result.ts";
import { batchSize } from "./mini-batches.ts";
import { llcSections } from "./llc/llc-sections.ts";
import { ladderTask, type SampledTemperature, temperatureTask } from "./llc/tasks.ts";

/** Draws of a chain that the trace in the result holds. */
const TRACED = 250;
/** R̂ up to which chains are taken to have drawn from one law; beyond 1.01 that is doubted. */
const WORST_R_HAT = 1.05;

/** A temperature, once enough was drawn. */
function isDrawn(
  each: SampledTemperature,
): each is SampledTemperature & { found: NonNullable<SampledTemperature["found"]> } {
  return each.found !== null;
}

export const llc = defineExperiment({
  name: "llc",
  summary: "the local learning coefficient: how many parameters the loss makes use of around the weights",
  description:
    "The local learning coefficient λ of singular learning theory, by sampling the tempered posterior around the weights with exact gradients: at several temperatures, with several chains, beside d/2 of a regular model.",
  choices: SAMPLERS.map(({ name, summary }) => ({ name, summary })),
  document: "llc",
  result: llcResult,
  figures: [energiesOfChains, coefficientByTemperature],
  show: llcSections,
  arguments: [MODEL],
  subject: "problem",
  isRandom: true,
  endsEarly: true,
  parameters: llcOptions,
  tasks: [temperatureTask, ladderTask],
  examples: [
    ["thalweg llc model.onnx --data train.npz", "at the weights of a trained network"],
    [
      "thalweg llc model.onnx --data train.npz --sampler exchange --bridges 0.004,0.03",
      "with chains that trade places between temperatures, where the ground has crossings",
    ],
    [
      "thalweg llc model.onnx --data train.npz --sampler sgld --batch 128 --localization 100",
      "by slopes on random batches, where data and network are large",
    ],
    [
      "thalweg llc deep-linear:4-3-8:zero --data zero.npz --sample-size 1e5 --spread 1 --chains 32",
      "of a loss whose coefficient is known",
    ],
  ],
  validate(options) {
    settingsOf(options);
  },
  plan({ problem }, options): Plan {
    const { sampler, chains, warmup, draws, temperatures, bridges } = settingsOf(options);
    const rungs = sampler.isCoupled ? temperatures.length + bridges.length : 1;
    const gradients = (warmup + draws) * sampler.gradientsEach * chains * rungs;
    return {
      noun: "step",
      steps: [
        {
          name: "sampling",
          title: `${chains} chains, ${warmup} + ${draws} iterations`,
          products: 0,
          work: { gradients },
          bytes: 8 * chains * rungs * problem.space.dimension * 7,
          skipped: undefined,
        },
      ],
      tasks: sampler.isCoupled ? 1 : temperatures.length,
      problem,
      warnings: [],
    };
  },
  async measure({ problem }, options, desk) {
    const settings = settingsOf(options);
    const { sampler, temperatures, bridges } = settings;
    const size = sizeOf(settings, problem);
    const rungs = sampler.isCoupled ? [...bridges, ...temperatures].sort((a, b) => a - b) : temperatures;
    const everywhere = sampler.isCoupled
      ? (await desk.tasks(ladderTask, [{ multiples: rungs }])).flat()
      : await desk.tasks(
          temperatureTask,
          rungs.map((multiple) => ({ multiple })),
        );
    const all = everywhere.filter((_, k) => temperatures.includes(rungs[k]));
    const drawn = all.filter(isDrawn);
    if (drawn.length === 0)
      throw new ThalwegError({
        kind: "usage",
        code: "no-draws",
        message: "The time was up before any chain had drawn enough.",
        hint: "Give a longer --time, or fewer --chains or --warmup iterations.",
      });
    const found = drawn.map((each) => each.found);
    const covariance = sampler.isCoupled
      ? covarianceOfTemperatures(drawn.map(({ means }) => Float64Array.from(means)))
      : null;
    const concluded = conclude(found, {
      covariance,
      parameters: problem.space.dimension,
      isApproximate: sampler.usesBatches,
    });
    const { main } = concluded;
    const { energies } = drawn[found.indexOf(main)];
    const isWhole = found.length === all.length && found.every(({ draws }) => draws === options.draws);
    const converged = isWhole && found.every(({ rHat }) => rHat.energy <= WORST_R_HAT);
    const each = Math.max(1, Math.ceil(main.draws / TRACED));
    const draw = Array.from({ length: Math.floor((main.draws - 1) / each) + 1 }, (_, i) => i * each);
    return {
      result: {
        coefficient: {
          value: concluded.value,
          standardError: concluded.standardError,
          rounding: concluded.rounding,
          products: everywhere.reduce((sum, each) => sum + (each.found?.gradients ?? 0), 0),
          method: `${sampler.title} at ${found.length} temperatures`,
          interval: { lower: concluded.lower, upper: concluded.upper, confidence: 0.95 },
          converged,
        },
        isAsymptotic: concluded.isAsymptotic,
        error: { simulation: concluded.simulation, systematic: concluded.systematic },
        parameters: problem.space.dimension,
        sampleSize: size,
        localization: options.localization,
        loss: (await problem.point.value(desk.context)).loss,
        length: norm2(problem.point.parameters),
        drop: concluded.drop,
        sampler: {
          name: sampler.name,
          title: sampler.title,
          source: sampler.source,
          batch: sampler.usesBatches ? batchSize(problem.examples, settings.batch) : null,
        },
        temperatures: found,
        ladder: sampler.isCoupled ? rungs.map((multiple, k) => ({ multiple, exchanged: everywhere[k].exchanged })) : [],
        covariance,
        freeEnergy: freeEnergySlopes(drawn),
        laws: [...concluded.laws],
        trace: { multiple: main.multiple, draw, chains: energies.map((chain) => draw.map((i) => chain[i])) },
        energies: desk.arrays.keep(
          "energies",
          tensor(
            "float64",
            [drawn.length, settings.chains, settings.draws],
            Float64Array.from(
              drawn.flatMap((temperature) =>
                temperature.energies.flatMap((chain) =>
                  Array.from({ length: options.draws }, (_, i) => chain[i] ?? Number.NaN),
                ),
              ),
            ),
          ),
        ),
      },
      converged,
    };
  },
});
