import { defineExperiment } from "../runs/experiment.ts";
import { medianOf } from "../linalg/median-of.ts";
import { defineTask } from "../runs/task.ts";
import type { ProblemSubject, Subjects } from "../runs/subject.ts";
import type { Origin } from "../runs/subject.ts";
import { OPTIMIZERS } from "../optimizers/registry.ts";
import { TOYS } from "../toys/registry.ts";
import { groundAround } from "./race/ground-around.ts";
import { lossAgainstWork, pathsOnGround, valueAlongSteps } from "./race/race-figures.ts";
import {
  batchOf,
  optimizerOf,
  type RaceOptions,
  raceOptions,
  requireFitsToy,
  USUAL,
  validateRace,
} from "./race/race-options.ts";
import { raceResult, type RaceResult, type Walked, walked, walks } from "./race/race-result.ts";
import { racePlan } from "./race/race-plan.ts";
import { raceSections } from "./race/race-sections.ts";
import { ENDS } from "./race/run-race.ts";
import { walksOnNetwork } from "./race/walks-on-network.ts";
import { walksOnToy } from "./race/walks-on-toy.ts";
import { maxOf, minOf } from "../util/extremes.ts";

/** Steps of one task on a toy, in all coordinates: some ten seconds. */
const STEPS_A_TASK = 1e7;

const raceWalks = defineTask({
  name: "race-walks",
  subject: "ground",
  input: walks,
  result: walked,
  label: ({ optimizer, from, to }) =>
    to === from + 1 ? `${optimizer}, start ${to}` : `${optimizer}, starts ${from + 1} to ${to}`,
  // One engine: a step hangs on the one before.
  opens: (request) => ({ ...request, oneEngine: true }),
  measure(subject, input, options, desk) {
    const asked = raceOptions.parse(options);
    return "toy" in subject
      ? walksOnToy(subject.toy.function, input, asked, desk)
      : walksOnNetwork(subject.problem, input, asked, desk);
  },
});

/** What is walked on, in words and numbers; what depends on its kind is here alone. */
interface Ground extends Pick<RaceResult, "function" | "goal" | "batch" | "examples"> {
  readonly starts: number;
  readonly steps: number;
  /** Starts of one task. */
  readonly together: number;
}

function groundOf(subject: Subjects["ground"], asked: RaceOptions, origin: Origin): Ground {
  return "toy" in subject ? toyGround(subject.toy, asked) : networkGround(subject, asked, origin);
}

function toyGround(
  { text, toy, options, function: f }: Extract<Subjects["ground"], { toy: unknown }>["toy"],
  asked: RaceOptions,
): Ground {
  requireFitsToy(asked, text, f);
  const { starts = USUAL.toy.starts, steps = USUAL.toy.steps } = asked;
  return {
    function: { name: text, toy: toy.name, summary: toy.summary, dimension: f.dimension, options },
    goal: { kind: f.goal.kind, says: f.goal.says },
    batch: null,
    examples: null,
    starts,
    steps,
    together: Math.max(1, Math.floor(STEPS_A_TASK / (steps * f.dimension))),
  };
}

function networkGround({ problem }: ProblemSubject, asked: RaceOptions, { model, data }: Origin): Ground {
  const { starts = USUAL.network.starts, steps = USUAL.network.steps, target } = asked;
  return {
    function: {
      name: model?.path ?? "the network",
      toy: null,
      summary: `${problem.options.loss.title}${data === null ? "" : ` on ${data.path}`}`,
      dimension: problem.space.dimension,
      options: {},
    },
    goal: target === undefined ? null : { kind: "settle", says: `the loss is at most ${target}` },
    batch: batchOf(asked, problem),
    examples: problem.examples,
    starts,
    steps,
    together: 1,
  };
}

export const race = defineExperiment({
  name: "race",
  summary: "optimisers from the same starts, on a function whose ground is known or on a network: who gets where",
  description:
    "Let optimisers walk from the same starts. On a toy, whose minima and saddles are known: how many reach the goal, in how many steps, and how the others end. On a network: the loss against what each optimiser asked for, all in gradients of all examples, or of a batch, and that of held-out examples at the end.\nA toy and an optimiser take their numbers after colons, in order or by name: rosenbrock:100, adam:lr=0.1:beta1=0.5.",
  choices: [...TOYS, ...OPTIMIZERS].map(({ name, summary }) => ({ name, summary })),
  document: "race",
  result: raceResult,
  figures: [pathsOnGround, lossAgainstWork, valueAlongSteps],
  show: raceSections,
  arguments: [
    {
      name: "TOY|MODEL",
      description: "what is walked on: one of the toys below, an ONNX file, or a built-in network (`thalweg nets`)",
      required: true,
    },
  ],
  examples: [
    ["thalweg race saddle:monkey --optimizers gd,momentum,newton-cg --starts 50", "who leaves a saddle, and when"],
    ["thalweg race rosenbrock:100 --optimizers lbfgs,bfgs,adam:lr=0.01", "a bent valley in 100 dimensions"],
    [
      "thalweg race mlp:64-32-10:tanh --data digits:train --test digits:test --optimizers gd:0.5,adam,newton-cg,lbfgs --steps 100",
      "the loss of a network against gradients asked for",
    ],
  ],
  subject: "ground",
  isRandom: true,
  endsEarly: true,
  readsHeldOut: true,
  parameters: raceOptions,
  tasks: [raceWalks],
  validate: validateRace,
  plan: (subject, options) => ("toy" in subject ? undefined : racePlan(subject.problem, raceOptions.parse(options))),
  async measure(subject, asked, desk) {
    const { starts, steps, together, ...ground } = groundOf(subject, asked, desk.origin);
    const inputs = asked.optimizers.flatMap((optimizer) =>
      Array.from({ length: Math.ceil(starts / together) }, (_, i) => ({
        optimizer,
        from: i * together,
        to: Math.min(starts, (i + 1) * together),
      })),
    );
    const found = await desk.tasks(raceWalks, inputs);
    const optimizers = asked.optimizers.map((text) =>
      runnerOf(
        text,
        found.filter((_, i) => inputs[i].optimizer === text),
        asked,
        ground,
      ),
    );
    const paths = optimizers.flatMap((each) => each.paths);
    return {
      result: {
        ...ground,
        starts,
        mostSteps: steps,
        tolerance: asked.tolerance,
        noise: asked.noise,
        ground: "toy" in subject ? groundAround(subject.toy.function, paths) : null,
        optimizers,
      },
      converged: optimizers.every(({ runs }) => runs.length === starts),
    };
  },
});

function runnerOf(
  text: string,
  mine: readonly Walked[],
  { lr }: RaceOptions,
  { goal, function: { toy } }: Pick<Ground, "goal" | "function">,
): RaceResult["optimizers"][number] {
  const runs = mine.flatMap((each) => each.runs);
  const there = runs.filter(({ end }) => end === "reached").map((run) => run.steps);
  const ended = runs.filter(({ end }) => end !== "diverged");
  const { optimizer, options } = optimizerOf(text, lr);
  return {
    optimizer: text,
    title: optimizer.title,
    options,
    reached: goal === null ? null : there.length,
    steps: spreadOf(there),
    loss: toy === null ? spreadOf(ended.map(({ value }) => value)) : null,
    heldOut: spreadOf(ended.flatMap(({ heldOut }) => heldOut ?? [])),
    ends: ENDS.flatMap(({ name }) => {
      const count = runs.filter(({ end }) => end === name).length;
      return count === 0 ? [] : [{ end: name, count }];
    }),
    runs,
    paths: mine.flatMap((each) => each.paths),
  };
}

function spreadOf(numbers: readonly number[]) {
  const median = medianOf(numbers);
  return median === null ? null : { median, least: minOf(numbers), most: maxOf(numbers) };
}
