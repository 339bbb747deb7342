import { z } from "zod";
import type { Problem } from "../../problem/problem.ts";
import { OPTIMIZERS } from "../../optimizers/registry.ts";
import type { ToyFunction } from "../../toys/toy.ts";
import { readSpecification } from "../../util/specification.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";

const GROUP = "Race";

/** What a race is told. */
export const raceOptions = z.object({
  optimizers: z.array(z.string()).min(1).default(["gd", "momentum", "adam", "newton-cg"]).meta({
    description: "who walks, each with numbers of its own after colons: adam:lr=0.1:beta1=0.5",
    placeholder: "NAMES",
    group: GROUP,
  }),
  starts: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .meta({ description: "starts, which all share (default: 20 on a toy, 3 on a network)", group: GROUP }),
  steps: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "steps of a walk at most (default: 10000 on a toy, 200 on a network)", group: GROUP }),
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
  target: z
    .number()
    .optional()
    .meta({ description: "loss of a network at which a walk has reached its goal (default: none)", group: GROUP }),
  batch: z
    .string()
    .regex(/^([1-9]\d*|full)$/, "It must be a number of examples from 1 on, or full")
    .default("full")
    .meta({
      description: "examples of a network that the answers of a step are of, or full",
      placeholder: "N|full",
      group: GROUP,
    }),
});

export type RaceOptions = z.output<typeof raceOptions>;

/** How long a race is where nobody says. */
export const USUAL = { toy: { starts: 20, steps: 10_000 }, network: { starts: 3, steps: 200 } } as const;

/**
 * An optimiser with its numbers.
 *
 * @throws usage errors of `readSpecification`, `unknown-option`, `bad-option`
 */
export function optimizerOf(text: string, lr: number) {
  const { chosen: optimizer, options: given } = readSpecification("optimiser", text, OPTIMIZERS);
  const options = "lr" in optimizer.parameters.shape ? { lr, ...given } : given;
  return {
    optimizer,
    options: optimizer.parameters.safeParse(options).data ?? options,
    tuned: optimizer.with(options),
  };
}

/** @throws usage errors of {@link optimizerOf}, `twice` */
export function validateRace(options: object): void {
  const asked = raceOptions.parse(options);
  asked.optimizers.forEach((text) => optimizerOf(text, asked.lr));
  const twice = asked.optimizers.find((text, i) => asked.optimizers.indexOf(text) !== i);
  if (twice === undefined) return;
  throw new ThalwegError({
    kind: "usage",
    code: "twice",
    message: `${twice} is to walk twice from the same starts.`,
    hint: "Name each optimiser once, or give the second other numbers.",
  });
}

/**
 * Stops at an optimiser that asks what the toy has not.
 *
 * @throws usage errors `no-gauss-newton`, `no-network`
 */
export function requireFitsToy(asked: RaceOptions, name: string, f: ToyFunction): void {
  const [about] = Object.entries({ target: asked.target, batch: asked.batch === "full" ? undefined : asked.batch })
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
  if (about !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "no-network",
      message: `--${about} is about a network, and ${name} is a toy.`,
      hint: "Leave it away, or name a network.",
    });
  for (const text of asked.optimizers) {
    const { optimizer } = optimizerOf(text, asked.lr);
    const reason =
      optimizer.asks === "layers"
        ? "the layers of a network, which a toy has not"
        : optimizer.asks === "gauss-newton" && f.gaussNewtonVector === undefined
          ? "the Gauss–Newton matrix, and it is no sum of squares"
          : undefined;
    if (reason === undefined) continue;
    throw new ThalwegError({
      kind: "usage",
      code: "no-gauss-newton",
      message: `${optimizer.title} cannot walk on ${name}: it asks for ${reason}.`,
      hint: "Choose another function, or leave the optimiser away.",
    });
  }
}

/**
 * Examples of a step of a walk on a network.
 *
 * @throws usage error `batch-too-large`
 */
export function batchOf({ batch }: Pick<RaceOptions, "batch">, { examples }: Pick<Problem, "examples">): number {
  const size = batch === "full" ? examples : Number(batch);
  if (size <= examples) return size;
  throw new ThalwegError({
    kind: "usage",
    code: "batch-too-large",
    message: `A batch of ${size} examples is asked for, and the data hold ${examples}.`,
    hint: "Give a smaller --batch, or --batch full for all of them.",
  });
}
