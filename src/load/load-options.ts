import { z } from "zod";
import { KNOWN_DATA } from "../data/known-data.ts";
import { OUTPUT_KINDS } from "../problem/losses/output-kind.ts";
import { LOSSES } from "../problem/losses/registry.ts";
import { DEVICES } from "../runtime/device.ts";
import type { OptionsOf } from "../util/options.ts";
import { SIZE } from "../util/read-size.ts";

const whole = (minimum: number) => z.int().min(minimum);
const lossNames = LOSSES.map(({ name }) => name);

const lossOptions = LOSSES.flatMap(({ name, parameters }) =>
  Object.entries(parameters?.shape ?? {}).map(
    ([option, schema]) => `${option} of ${name}, ${z.globalRegistry.get(schema)?.description}`,
  ),
).join("; ");

const MODEL = "Model";
const DATA = "Data and loss";
const MACHINE = "Machine";

/** How a model is read. */
export const modelOptions = z.object({
  weights: z.string().optional().meta({
    description:
      "checkpoint whose tensors replace the model's, by name: .safetensors or the index of several, .npz or .onnx",
    placeholder: "FILE",
    group: MODEL,
  }),
  params: z.array(z.string()).optional().meta({
    description: "parameters to differentiate: 'layer1.*' (repeatable; default all)",
    placeholder: "GLOB",
    group: MODEL,
  }),
  freeze: z.array(z.string()).optional().meta({
    description: "hold this tensor, or the outputs of this node, constant (repeatable)",
    placeholder: "NAME",
    group: MODEL,
  }),
  set: z.array(z.string()).optional().meta({
    description: "give an input of the model one number, the same for all examples: training=0 (repeatable)",
    placeholder: "NAME=VALUE",
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
  importLimit: z.number().min(1).optional().meta({
    description: "times as many nodes, numbers and bytes as a model may usually grow to while it is read",
    placeholder: "FACTOR",
    group: MODEL,
  }),
});

/** Where the examples come from, and what is made of them. */
export const dataOptions = z.object({
  data: z.string().optional().meta({
    description: KNOWN_DATA,
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
  limit: whole(1).optional().meta({
    description: "use only N examples: the first, or of images by class evenly spaced among the classes",
    group: DATA,
  }),
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
export const heldOutOptions = z.object({
  test: z.string().optional().meta({
    description: "held-out examples, as --data says them: their loss is measured beside",
    placeholder: "DATA",
    group: DATA,
  }),
});

/** What computes. */
export const machineOptions = z.object({
  threads: whole(1)
    .max(256)
    .optional()
    .meta({ description: "threads of the engine (default: all cores)", group: MACHINE }),
  device: z.enum(DEVICES).default("cpu").meta({ description: "where products are computed", group: MACHINE }),
});

const memoryOptions = z.object({
  memory: z.string().regex(SIZE, "It must be a size such as 8GB or 512MiB").optional().meta({
    description:
      "most memory that the process should hold while products are computed, which are cut into fewer examples for it; reading and proving the model may take more (default: what is fast)",
    placeholder: "SIZE",
    group: MACHINE,
  }),
});

/** Everything that leads to a problem, as library and command line take it. */
export const problemOptions = z.object({
  ...dataOptions.shape,
  ...modelOptions.shape,
  ...machineOptions.shape,
  ...memoryOptions.shape,
});

/** What to open and how. */
export const loadOptions = z.object({
  ...problemOptions.shape,
  ...heldOutOptions.shape,
  proofs: z
    .enum(["one-batch", "several-batches"])
    .optional()
    .meta({ description: "how much is proven at load: one batch, or several" }),
  oneEngine: z.boolean().optional().meta({
    description: "one engine with all threads, for what runs one graph after the other; else several share them",
  }),
});

/** What to open and how; everything but the data has a default. */
export type LoadOptions = OptionsOf<typeof loadOptions>;
