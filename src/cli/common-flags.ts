import { z } from "zod";
import { OUTPUT_KINDS } from "../problem/losses/output-kind.ts";
import { LOSSES } from "../problem/losses/registry.ts";

const whole = (minimum: number) => z.int().min(minimum);
const lossNames = LOSSES.map(({ name }) => name);

const lossOptions = LOSSES.flatMap(({ name, parameters }) =>
  Object.entries(parameters?.shape ?? {}).map(
    ([option, schema]) => `${option} of ${name}, ${z.globalRegistry.get(schema)?.description}`,
  ),
).join("; ");

const TALK = "How it talks";
const MODEL = "Model";
const DATA = "Data and loss";
const MACHINE = "Machine";

/** Understood by every verb. */
export const talkFlags = z.object({
  json: z
    .boolean()
    .default(false)
    .meta({ description: "print one JSON document on stdout and nothing else", group: TALK }),
  quiet: z
    .boolean()
    .default(false)
    .meta({ description: "no plan, progress or notes on stderr", short: "q", group: TALK }),
  verbose: z.boolean().default(false).meta({ description: "say more on stderr", short: "v", group: TALK }),
  color: z.boolean().default(true).meta({ description: "no colours (also: NO_COLOR=1)", group: TALK }),
  debug: z.boolean().default(false).meta({ description: "stack traces of errors", group: TALK }),
  config: z
    .string()
    .optional()
    .meta({ description: "read flags from a JSON file; those typed here win", placeholder: "FILE", group: TALK }),
});

/** How a model is read. */
export const modelFlags = z.object({
  weights: z.string().optional().meta({
    description: "checkpoint whose tensors replace the model's, by name",
    placeholder: "FILE.safetensors",
    group: MODEL,
  }),
  params: z.array(z.string()).optional().meta({
    description: "parameters to differentiate: 'layer1.*' (repeatable; default all)",
    placeholder: "GLOB",
    group: MODEL,
  }),
  freeze: z.array(z.string()).optional().meta({
    description: "treat the outputs of this node as constants (repeatable)",
    placeholder: "NODE",
    group: MODEL,
  }),
  bn: z
    .enum(["inference", "training"])
    .optional()
    .meta({ description: "statistics of BatchNormalization (default: as exported)", group: MODEL }),
  output: z
    .string()
    .optional()
    .meta({ description: "output of the model (default: the first)", placeholder: "NAME", group: MODEL }),
  precision: z
    .enum(["float32", "float64"])
    .optional()
    .meta({ description: "arithmetic (default: the model's)", group: MODEL }),
});

/** Where the examples come from, and what is made of them. */
export const dataFlags = z.object({
  data: z.string().optional().meta({
    description: ".npz (x, y), CSV, safetensors, IDX folder, or digits, mnist1d",
    placeholder: "DATA",
    group: DATA,
  }),
  x: z
    .string()
    .optional()
    .meta({ description: "inputs in a file of their own, with --y", placeholder: "FILE", group: DATA }),
  y: z
    .string()
    .optional()
    .meta({ description: "labels in a file of their own, with --x", placeholder: "FILE", group: DATA }),
  label: z
    .string()
    .optional()
    .meta({ description: "array or CSV column of the labels (default: y)", placeholder: "COLUMN", group: DATA }),
  limit: whole(1).optional().meta({ description: "use only the first N examples", group: DATA }),
  loss: z.enum(lossNames).optional().meta({ description: "the loss (default: guessed, and said)", group: DATA }),
  lossOption: z
    .array(z.string())
    .optional()
    .meta({
      description: `a number of the loss's own (repeatable): ${lossOptions}`,
      placeholder: "NAME=VALUE",
      group: DATA,
    }),
  reduction: z
    .enum(["mean", "sum"])
    .default("mean")
    .meta({ description: "how the terms of the loss are put together", group: DATA }),
  l2: z.number().min(0).default(0).meta({
    description: "λ of an added λ/2·‖θ‖²: it adds λI to H and to G, and λθ to the gradient",
    placeholder: "λ",
    group: DATA,
  }),
  ignoreIndex: z.int().default(-100).meta({ description: "class label whose terms are left out", group: DATA }),
  classAxis: z
    .int()
    .optional()
    .meta({ description: "axis of the outputs that the classes lie on (default: found, and said)", group: DATA }),
  outputKind: z
    .enum(OUTPUT_KINDS)
    .optional()
    .meta({ description: "what the outputs are (default: found, and said)", group: DATA }),
  batchSize: whole(1).optional().meta({
    description:
      "most examples per pass; no result depends on it, unless the examples are coupled, which is said (default: what fits)",
    group: DATA,
  }),
});

/** Of experiments that measure the loss on examples beside the data. */
export const heldOutFlags = z.object({
  test: z.string().optional().meta({
    description: "held-out examples, as --data says them: their loss is measured beside",
    placeholder: "DATA",
    group: DATA,
  }),
});

/** What computes. */
export const machineFlags = z.object({
  threads: whole(1)
    .max(1024)
    .optional()
    .meta({ description: "threads of the engine (default: all cores)", group: MACHINE }),
  device: z
    .enum(["cpu", "cuda", "webgpu"])
    .default("cpu")
    .meta({ description: "where products are computed", group: MACHINE }),
});

/** Everything that leads to a problem. */
export const problemFlags = z.object({ ...dataFlags.shape, ...modelFlags.shape, ...machineFlags.shape });

const duration = z.string().regex(/^\d+(\.\d+)?(ms|s|m|min|h)?$/, "It must be a time such as 60s, 2m or 1h");

/** How a measurement runs. */
export const runFlags = z.object({
  seed: z.int().min(0).default(0).meta({ description: "all randomness comes from it", group: "Run" }),
  time: duration
    .optional()
    .meta({ description: "budget: stops cleanly with wider error bars (60s, 5m)", placeholder: "TIME", group: "Run" }),
  dryRun: z
    .boolean()
    .default(false)
    .meta({ description: "print the plan and its predicted cost, measure nothing", group: "Run" }),
});

/** What runs of many tasks have besides. */
export const taskFlags = z.object({
  resume: z.string().optional().meta({
    description: "continue the run of that folder: what is done is not done again",
    placeholder: "DIR",
    group: "Run",
  }),
  executor: z
    .string()
    .regex(
      /^(here|folder|workers:[1-9]\d*|queue:rediss?:\/\/.+)$/,
      "It must be here, workers:N, folder or queue:redis://HOST:PORT",
    )
    .default("here")
    .meta({
      description: "where tasks are done: here, workers:N (processes), folder (`thalweg work`), queue:redis://…",
      placeholder: "WHERE",
      group: "Run",
    }),
});

/** A time with a default. */
export function durationOf(text: string) {
  return duration.default(text);
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** "60s", "90", "2m", "1h", "500ms" as milliseconds. */
export function milliseconds(text: string): number {
  return Number.parseFloat(text) * MILLISECONDS[/[a-z]+$/.exec(text)?.[0] ?? "s"];
}
