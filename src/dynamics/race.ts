import { z } from "zod";
import { walkOf } from "../optimizers/coordinate-walk.ts";
import { OPTIMIZERS } from "../optimizers/registry.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { defineTask } from "../runs/task.ts";
import { TOYS } from "../toys/registry.ts";
import type { ToyFunction } from "../toys/toy.ts";
import { readSpecification } from "../util/specification.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import { groundAround } from "./race/ground-around.ts";
import { pathsOnGround, valueAlongSteps } from "./race/race-figures.ts";
import { type RacePath, racePath, raceResult, raceRun } from "./race/race-result.ts";
import { medianOf, raceSections } from "./race/race-sections.ts";
import { withNoisyGradient } from "./race/noisy-gradient.ts";
import { ENDS, runRace } from "./race/run-race.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

const GROUP = "Race";

const parameters = z.object({
  function: z.string().describe("what is walked on: a toy with its numbers"),
  optimizers: z.array(z.string()).min(1).default(["gd", "momentum", "adam", "newton-cg"]).meta({
    description: "who walks, each with numbers of its own after colons: adam:lr=0.1:beta1=0.5",
    placeholder: "NAMES",
    group: GROUP,
  }),
  starts: z.int().min(1).max(100_000).default(20).meta({ description: "random starts, which all share", group: GROUP }),
  steps: z.int().min(1).default(10_000).meta({ description: "steps of a walk at most", group: GROUP }),
  lr: z
    .number()
    .positive()
    .default(0.01)
    .meta({ description: "step size of optimisers that have one and are given none", group: GROUP }),
  tolerance: z
    .number()
    .min(0)
    .default(1e-8)
    .meta({ description: "length of a gradient at which a walk has come to rest", group: GROUP }),
  noise: z
    .number()
    .min(0)
    .default(0)
    .meta({ description: "deviation of normal noise on each coordinate of the gradient", group: GROUP }),
});

type Asked = z.output<typeof parameters>;

function functionOf({ function: text }: Pick<Asked, "function">) {
  const { chosen: toy, options } = readSpecification("toy", text, TOYS);
  return { toy, options: toy.parameters.safeParse(options).data ?? options, f: toy.with(options) };
}

function optimizerOf(text: string, lr: number) {
  const { chosen: optimizer, options: given } = readSpecification("optimiser", text, OPTIMIZERS);
  const options = "lr" in optimizer.parameters.shape ? { lr, ...given } : given;
  return {
    optimizer,
    options: optimizer.parameters.safeParse(options).data ?? options,
    tuned: optimizer.with(options),
  };
}

/** Starts whose ways are kept. */
const DRAWN = 3;
/** Points of a way for each factor of ten in its steps. */
const POINTS_A_DECADE = 24;
/** Steps of one task, in all coordinates: some ten seconds. */
const STEPS_A_TASK = 1e7;

const walks = defineTask({
  name: "race-walks",
  subject: "none",
  input: z.object({ optimizer: z.string(), from: z.int(), to: z.int() }),
  result: z.object({ runs: z.array(raceRun), paths: z.array(racePath) }),
  label: ({ optimizer, from, to }) => `${optimizer}, starts ${from + 1} to ${to}`,
  opens: (request) => request,
  async measure(_subject, { optimizer, from, to }, options, { random, common, context }) {
    const asked = parameters.parse(options);
    const { f } = functionOf(asked);
    const { tuned } = optimizerOf(optimizer, asked.lr);
    const runs: z.output<typeof raceRun>[] = [];
    const paths: RacePath[] = [];
    for (let i = from; i < to && context.outOfTime?.() !== true; i++) {
      throwIfInterrupted(context);
      const start = f.start(common.split(`start ${i}`));
      const own = random.split(`walk ${i}`);
      const path = i < DRAWN ? pathKeeper(f, i) : undefined;
      const { cost, ...run } = runRace({
        toy: f,
        told: withNoisyGradient(f, asked.noise, own.split("noise")),
        walk: walkOf(tuned, { start, random: own.split("optimizer") }),
        start,
        limits: asked,
        leavesSaddles: tuned.leavesSaddles || asked.noise > 0,
        seen: path?.see,
      });
      runs.push({
        start: i,
        end: run.end,
        steps: run.steps,
        value: run.value,
        gradientNorm: run.gradientNorm,
        ...cost,
      });
      if (path) paths.push(path.end(run.steps, run.weights));
      context.progress?.({ stage: optimizer, done: i + 1 - from, total: to - from });
      // Whoever wants to interrupt is heard between two walks.
      await Promise.resolve();
    }
    return { runs, paths };
  },
});

/** Keeps a way at steps that are spread by their logarithm. */
function pathKeeper(f: ToyFunction, start: number) {
  const path = {
    start,
    steps: [] as number[],
    values: [] as number[],
    places: f.dimension === 2 ? ([] as number[][]) : null,
  };
  let next = 0;
  const keep = (step: number, weights: Float64Array) => {
    path.steps.push(step);
    path.values.push(f.value(weights));
    path.places?.push([...weights]);
  };
  return {
    see(step: number, weights: Float64Array) {
      if (step < next) return;
      keep(step, weights);
      next = Math.max(step + 1, Math.ceil(step * 10 ** (1 / POINTS_A_DECADE)));
    },
    end(step: number, weights: Float64Array): RacePath {
      if (path.steps.at(-1) !== step) keep(step, weights);
      return path;
    },
  };
}

export const race = defineExperiment({
  name: "race",
  summary: "optimisers on a function whose ground is known: who gets where, in how many steps",
  description:
    "Let optimisers walk from the same random starts on a function whose minima and saddles are known: how many reach the goal, in how many steps, and how the others end.\nA toy and an optimiser take their numbers after colons, in order or by name: rosenbrock:100, adam:lr=0.1:beta1=0.5.",
  choices: [...TOYS, ...OPTIMIZERS].map(({ name, summary }) => ({ name, summary })),
  document: "race",
  result: raceResult,
  figures: [pathsOnGround, valueAlongSteps],
  show: raceSections,
  arguments: [{ name: "TOY", description: "the function, one of the toys above", required: true, option: "function" }],
  examples: [
    ["thalweg race saddle:monkey --optimizers gd,momentum,newton-cg --starts 50", "who leaves a saddle, and when"],
    ["thalweg race rosenbrock:100 --optimizers lbfgs,bfgs,adam:lr=0.01", "a bent valley in 100 dimensions"],
  ],
  subject: "none",
  isRandom: true,
  endsEarly: true,
  parameters,
  tasks: [walks],
  validate(options) {
    const asked = parameters.parse(options);
    functionOf(asked);
    asked.optimizers.forEach((text) => optimizerOf(text, asked.lr));
    const twice = asked.optimizers.find((text, i) => asked.optimizers.indexOf(text) !== i);
    if (twice !== undefined)
      throw new ThalwegError({
        kind: "usage",
        code: "twice",
        message: `${twice} is to walk twice from the same starts.`,
        hint: "Name each optimiser once, or give the second other numbers.",
      });
  },
  async measure(_subject, asked, desk) {
    const { toy, options, f } = functionOf(asked);
    const { starts, steps, tolerance, noise } = asked;
    const size = Math.max(1, Math.floor(STEPS_A_TASK / (steps * f.dimension)));
    const inputs = asked.optimizers.flatMap((optimizer) =>
      Array.from({ length: Math.ceil(starts / size) }, (_, i) => ({
        optimizer,
        from: i * size,
        to: Math.min(starts, (i + 1) * size),
      })),
    );
    const found = await desk.tasks(walks, inputs);
    const optimizers = asked.optimizers.map((text) => {
      const mine = found.filter((_, i) => inputs[i].optimizer === text);
      const runs = mine.flatMap((each) => each.runs);
      const there = runs.filter(({ end }) => end === "reached").map((run) => run.steps);
      const median = medianOf(there);
      const { optimizer, options: numbers } = optimizerOf(text, asked.lr);
      return {
        optimizer: text,
        title: optimizer.title,
        options: numbers,
        reached: there.length,
        steps: median === null ? null : { median, least: Math.min(...there), most: Math.max(...there) },
        ends: ENDS.flatMap(({ name }) => {
          const count = runs.filter(({ end }) => end === name).length;
          return count === 0 ? [] : [{ end: name, count }];
        }),
        runs,
        paths: mine.flatMap((each) => each.paths),
      };
    });
    return {
      result: {
        function: { name: asked.function, toy: toy.name, summary: toy.summary, dimension: f.dimension, options },
        goal: { kind: f.goal.kind, says: f.goal.says },
        starts,
        mostSteps: steps,
        tolerance,
        noise,
        ground: groundAround(
          f,
          optimizers.flatMap(({ paths }) => paths),
        ),
        optimizers,
      },
      converged: optimizers.every(({ runs }) => runs.length === starts),
    };
  },
});
