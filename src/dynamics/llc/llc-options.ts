import { z } from "zod";
import type { Problem } from "../../problem/problem.ts";
import { SAMPLERS } from "../../sampling/registry.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";

const SAMPLING = "Sampling";
const POSTERIOR = "Posterior";

/** Below this 1/ln n is no temperature. */
const LEAST_SIZE = 3;

/** What a learning coefficient is told. */
export const llcOptions = z.object({
  sampler: z
    .enum(SAMPLERS.map(({ name }) => name))
    .default("hmc")
    .meta({
      description: SAMPLERS.map(({ name, summary }) => `${name} (${summary})`).join("; "),
      placeholder: "NAME",
      group: SAMPLING,
    }),
  chains: z.int().min(2).max(1024).default(4).meta({ description: "chains at each temperature", group: SAMPLING }),
  warmup: z.int().min(20).default(150).meta({
    description: "iterations of a chain that step and length are adapted in, and that do not count",
    group: SAMPLING,
  }),
  draws: z.int().min(8).default(250).meta({ description: "draws of a chain", group: SAMPLING }),
  spread: z
    .number()
    .min(0)
    .default(0)
    .meta({ description: "deviation of where chains begin around the weights, in units of 1/√γ", group: SAMPLING }),
  temperatures: z.array(z.number().positive()).min(1).default([0.25, 1, 4]).meta({
    description: "inverse temperatures β, in units of 1/ln n",
    placeholder: "LIST",
    group: POSTERIOR,
  }),
  localization: z
    .number()
    .positive()
    .default(1)
    .meta({ description: "γ of the term γ/2 ‖w − w*‖² that keeps chains near the weights", group: POSTERIOR }),
  sampleSize: z.number().min(LEAST_SIZE).optional().meta({
    description:
      "n that the loss counts for, where the data stand for more examples than they hold (default: their number)",
    placeholder: "N",
    group: POSTERIOR,
  }),
});

export type LlcOptions = z.output<typeof llcOptions>;

/** n. @throws usage error `sample-size` where there are too few examples */
export function sizeOf({ sampleSize }: LlcOptions, { examples }: Problem): number {
  if (sampleSize !== undefined) return sampleSize;
  if (examples >= LEAST_SIZE) return examples;
  throw new ThalwegError({
    kind: "usage",
    code: "sample-size",
    message: `The temperature 1/ln n asks for at least ${LEAST_SIZE} examples, and the data hold ${examples}.`,
    hint: "Give more data, or with --sample-size the number of examples that they stand for.",
  });
}
