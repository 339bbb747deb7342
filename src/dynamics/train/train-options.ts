import { z } from "zod";
import { COORDINATE_OPTIMIZERS, MATRIX_OPTIMIZERS } from "../../optimizers/registry.ts";
import {
  type CoordinateOptimizer,
  type CoordinateRule,
  type MatrixOptimizer,
  type MatrixRule,
  tensorRule,
} from "../../optimizers/optimizer.ts";
import { chosen } from "../../util/chosen.ts";
import { flagOf } from "../../util/kebab.ts";
import { readOptions } from "../../util/options.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { AUGMENTATIONS } from "../augmentations/registry.ts";
import { SCHEDULES } from "../schedules/registry.ts";
import { TRACKED } from "../tracked/registry.ts";

const TRAINING = "Training";
const TRACKING = "Tracking";
const NUMBERS = "Numbers of the optimiser (defaults: its own)";

/** What trains in a graph. */
const TRAINERS: readonly (CoordinateOptimizer | MatrixOptimizer)[] = [...COORDINATE_OPTIMIZERS, ...MATRIX_OPTIMIZERS];

interface OwnNumber {
  readonly key: string;
  /** Not to be given, without the default that it has with this optimiser. */
  readonly type: z.ZodType;
  readonly owner: string;
  readonly says: string;
}

const OWN_NUMBERS = TRAINERS.flatMap(({ name, parameters }) =>
  Object.entries(parameters.shape).map(([key, type]): OwnNumber => ({
    key,
    type: (type instanceof z.ZodDefault ? type.unwrap() : type).optional(),
    owner: name,
    says: z.globalRegistry.get(type)?.description ?? "",
  })),
);

/** The numbers of all optimisers, each to be given where it differs from the optimiser's own. */
const numbers: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  OWN_NUMBERS.filter(({ key }, i) => OWN_NUMBERS.findIndex((each) => each.key === key) === i).map(({ key, type }) => {
    const alike = OWN_NUMBERS.filter((each) => each.key === key);
    return [key, type.meta({ description: helpOf(alike), group: NUMBERS })];
  }),
);

/** What a number is; where it is not the same with all that have it, with whom it is what. */
function helpOf(alike: readonly OwnNumber[]): string {
  const meanings = [...new Set(alike.map(({ says }) => says))];
  if (meanings.length === 1) return meanings[0];
  const ownersOf = (meaning: string) => alike.filter(({ says }) => says === meaning).map(({ owner }) => owner);
  return meanings.map((meaning) => `${meaning} (${ownersOf(meaning).join(", ")})`).join("; ");
}

const NAMES = TRAINERS.map(({ name }) => name).join(", ");

/** What training is told. */
export const trainOptions = z.object({
  optimizer: z
    .string()
    .default("sgd")
    .meta({ description: `one of ${NAMES}`, placeholder: "NAME", group: TRAINING }),
  batch: z
    .string()
    .regex(/^([1-9]\d*|full)$/, "It must be a number of examples from 1 on, or full")
    .optional()
    .meta({
      description: "examples of a step, or full (default 128, or full where the data hold fewer)",
      placeholder: "N|full",
      group: TRAINING,
    }),
  epochs: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "times that all examples are gone through (default 10)", group: TRAINING }),
  steps: z.int().min(1).optional().meta({ description: "steps, instead of epochs", group: TRAINING }),
  schedule: z
    .enum(SCHEDULES.map(({ name }) => name))
    .default("constant")
    .meta({
      description: `how the step size goes: ${SCHEDULES.map(({ name, summary }) => `${name} (${summary})`).join("; ")}`,
      placeholder: "NAME",
      group: TRAINING,
    }),
  warmup: z
    .int()
    .min(0)
    .default(0)
    .meta({ description: "steps over which the step size rises first", group: TRAINING }),
  clip: z.number().positive().optional().meta({ description: "length that gradients are cut to", group: TRAINING }),
  every: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "steps between checkpoints (default: a tenth of them)", group: TRAINING }),
  augment: z
    .array(z.string())
    .default([])
    .meta({
      description: `what images are moved by, anew in each step: ${AUGMENTATIONS.map(({ name, summary, amount }) => `${name}:N (${summary}; default ${amount})`).join("; ")}`,
      placeholder: "NAME:N",
      group: TRAINING,
    }),
  labelNoise: z.number().min(0).max(1).default(0).meta({
    description: "share of the labels that are replaced by another class, from the seed",
    placeholder: "SHARE",
    group: TRAINING,
  }),
  track: z
    .array(z.string())
    .default([])
    .meta({
      description: `measured meanwhile: ${TRACKED.map(({ name, summary }) => `${name} (${summary})`).join("; ")}`,
      placeholder: "NAMES",
      group: TRACKING,
    }),
  trackEvery: z
    .int()
    .min(1)
    .default(20)
    .meta({ description: "steps from one measurement to the next", group: TRACKING }),
  trackExamples: z.int().min(1).optional().meta({
    description: "examples that are tracked, the same all along (default: as many as take less than the steps between)",
    group: TRACKING,
  }),
  ...numbers,
});

export type TrainOptions = z.output<typeof trainOptions>;

/** The optimiser that was asked for, with its numbers. */
interface Chosen<O extends CoordinateOptimizer | MatrixOptimizer> {
  readonly optimizer: O;
  /** The step size. */
  readonly lr: number;
  /** What was given. */
  readonly given: Readonly<Record<string, number | boolean>>;
}

/** One that trains. */
export interface ChosenOptimizer extends Chosen<CoordinateOptimizer | MatrixOptimizer> {
  readonly rule: MatrixRule;
}

/** One that treats every coordinate alike. */
export interface ChosenCoordinateOptimizer extends Chosen<CoordinateOptimizer> {
  readonly rule: CoordinateRule;
}

/**
 * @throws usage errors `unknown-choice` for an optimiser that there is not, `unknown-option` for a number that it does not have,
 *   `bad-option`, `epochs-and-steps`
 */
export function optimizerFor(options: Readonly<Record<string, unknown>>): ChosenOptimizer {
  const found = chosenAmong(TRAINERS, options);
  const tuned = found.optimizer.with(found.given);
  return { ...found, rule: "rule" in tuned ? tensorRule(tuned.rule) : tuned.matrixRule };
}

/** @throws as {@link optimizerFor}; usage error `acts-on-tensors` */
export function coordinateOptimizerFor(options: Readonly<Record<string, unknown>>): ChosenCoordinateOptimizer {
  const onTensors = MATRIX_OPTIMIZERS.find(({ name }) => name === options["optimizer"]);
  if (onTensors !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "acts-on-tensors",
      message: `${onTensors.title} moves no coordinate by its own gradient alone: no curvature decides which of its steps are stable.`,
      hint: `Take one that acts on each coordinate: ${COORDINATE_OPTIMIZERS.map(({ name }) => name).join(", ")}.`,
    });
  const found = chosenAmong(COORDINATE_OPTIMIZERS, options);
  return { ...found, rule: found.optimizer.with(found.given).rule };
}

function chosenAmong<O extends CoordinateOptimizer | MatrixOptimizer>(
  among: readonly O[],
  options: Readonly<Record<string, unknown>>,
): Chosen<O> {
  const { optimizer: name, epochs, steps, track, ...rest } = trainOptions.parse(options);
  if (epochs !== undefined && steps !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "epochs-and-steps",
      message: "Both --epochs and --steps are given.",
      hint: "Give one of them.",
    });
  const optimizer = chosen("optimiser", name, among);
  for (const each of track) chosen("tracked quantity", each, TRACKED);
  const given = z
    .record(z.string(), z.union([z.number(), z.boolean()]))
    .parse(Object.fromEntries(Object.entries(rest).filter(([key, value]) => key in numbers && value !== undefined)));
  const own = Object.keys(optimizer.parameters.shape);
  const foreign = Object.keys(given).find((key) => !own.includes(key));
  if (foreign !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "unknown-option",
      message: `The optimiser ${optimizer.name} has no ${flagOf(foreign)}.`,
      hint: `Its numbers are ${own.map(flagOf).join(", ")}.`,
      where: { option: foreign },
    });
  const { lr } = z.object({ lr: z.number() }).parse(readOptions(optimizer.name, optimizer.parameters, given));
  return { optimizer, lr, given };
}
