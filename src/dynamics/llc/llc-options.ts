import { z } from "zod";
import type { Problem } from "../../problem/problem.ts";
import { SAMPLERS } from "../../sampling/registry.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import { chosen } from "../../util/chosen.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";

const SAMPLING = "Sampling";
const POSTERIOR = "Posterior";

/** Chains for each temperature that a covariance of temperatures is estimated from. */
const CHAINS_EACH = 4;
/** Below this 1/ln n is no temperature. */
const LEAST_SIZE = 3;

/** What is sampled where nothing else is asked for: each temperature by itself. */
const ALONE = { chains: 4, temperatures: [0.25, 1, 4] } as const;
/** The same where temperatures trade places: far apart, as what is between laws shows there, and chains for what they correlate by. */
const COUPLED = { chains: 128, temperatures: [0.25, 2, 16, 128, 1024, 8192] } as const;
const COUPLED_NAMES = SAMPLERS.filter(({ isCoupled }) => isCoupled).map(({ name }) => name);
const BATCHED_NAMES = SAMPLERS.filter(({ usesBatches }) => usesBatches).map(({ name }) => name);

/** Defaults in the words of the help. */
function usually(what: (each: typeof ALONE | typeof COUPLED) => number | readonly number[]): string {
  return `(default: ${String(what(ALONE))}; ${String(what(COUPLED))} with ${COUPLED_NAMES.join(" or ")})`;
}

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
  chains: z
    .int()
    .min(2)
    .max(1024)
    .optional()
    .meta({
      description: `chains at each temperature ${usually(({ chains }) => chains)}`,
      placeholder: "N",
      group: SAMPLING,
    }),
  warmup: z.int().min(20).default(150).meta({
    description: "iterations of a chain that step and length are adapted in, and that do not count",
    group: SAMPLING,
  }),
  draws: z.int().min(8).default(250).meta({ description: "draws of a chain", group: SAMPLING }),
  batch: z
    .union([z.int().positive(), z.literal("full")])
    .optional()
    .meta({
      description: `examples of a step of ${BATCHED_NAMES.join(" or ")} (default: 128, or full where the data hold fewer)`,
      placeholder: "N|full",
      group: SAMPLING,
    }),
  spread: z
    .number()
    .min(0)
    .default(0)
    .meta({ description: "deviation of where chains begin around the weights, in units of 1/√γ", group: SAMPLING }),
  temperatures: z
    .array(z.number().positive())
    .min(1)
    .optional()
    .meta({
      description: `inverse temperatures β, in units of 1/ln n ${usually(({ temperatures }) => temperatures)}`,
      placeholder: "LIST",
      group: POSTERIOR,
    }),
  bridges: z
    .array(z.number().min(0))
    .default([])
    .meta({
      description: `more of them for ${COUPLED_NAMES.join(" or ")}, that places are traded through and nothing is concluded from`,
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

type LlcOptions = z.output<typeof llcOptions>;

/** What a learning coefficient is told, with what goes without saying. */
export interface LlcSettings extends Omit<LlcOptions, "sampler" | "chains" | "temperatures"> {
  readonly sampler: Sampler;
  readonly chains: number;
  /** By rising β. */
  readonly temperatures: readonly number[];
}

/**
 * The options of the experiment among all.
 *
 * @throws usage errors `twice` of a temperature, `bridges` where no places are traded, `batch` where there are none, `few-chains` where places are traded and what
 * temperatures correlate by could not be told
 */
export function settingsOf(options: Readonly<Record<string, unknown>>): LlcSettings {
  const own = llcOptions.parse(options);
  const sampler = chosen("sampler", own.sampler, SAMPLERS);
  const usual = sampler.isCoupled ? COUPLED : ALONE;
  const { chains = usual.chains, bridges } = own;
  const temperatures = [...(own.temperatures ?? usual.temperatures)].sort((a, b) => a - b);
  const all = [...temperatures, ...bridges];
  const twice = all.find((each, i) => all.indexOf(each) !== i);
  if (twice !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "twice",
      message: `The temperature ${twice} is named twice.`,
      hint: "Name each once.",
    });
  if (bridges.length > 0 && !sampler.isCoupled)
    throw new ThalwegError({
      kind: "usage",
      code: "bridges",
      message: `--bridges are temperatures that places are traded through, and ${sampler.name} samples each temperature by itself.`,
      hint: `Leave them out, or take --sampler ${COUPLED_NAMES.join(" or ")}.`,
    });
  if (own.batch !== undefined && !sampler.usesBatches)
    throw new ThalwegError({
      kind: "usage",
      code: "batch",
      message: `${sampler.name} takes all examples in each step, and --batch ${own.batch} is asked for.`,
      hint: `Leave it out, or take --sampler ${BATCHED_NAMES.join(" or ")}.`,
    });
  const fewest = CHAINS_EACH * temperatures.length;
  if (sampler.isCoupled && chains < fewest)
    throw new ThalwegError({
      kind: "usage",
      code: "few-chains",
      message: `Temperatures that trade places correlate, and what by is told by the chains: ${chains} are too few for ${temperatures.length} temperatures.`,
      hint: `Give --chains ${fewest} or more, or fewer --temperatures.`,
    });
  return { ...own, sampler, chains, temperatures };
}

/** n. @throws usage error `sample-size` where there are too few examples */
export function sizeOf({ sampleSize }: LlcSettings, { examples }: Problem): number {
  if (sampleSize !== undefined) return sampleSize;
  if (examples >= LEAST_SIZE) return examples;
  throw new ThalwegError({
    kind: "usage",
    code: "sample-size",
    message: `The temperature 1/ln n asks for at least ${LEAST_SIZE} examples, and the data hold ${examples}.`,
    hint: "Give more data, or with --sample-size the number of examples that they stand for.",
  });
}
