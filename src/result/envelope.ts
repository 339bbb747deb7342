import { z } from "zod";
import { count, real } from "./real.ts";
import { shownSection } from "./shown-section.ts";

/** A check made on every run, or by `thalweg check`. */
export const check = z.object({
  name: z.string(),
  title: z.string(),
  passed: z.boolean().nullable().describe("null where the check could not be made: the detail says why."),
  measured: real.describe("What was found: a relative error, unless the detail says otherwise."),
  limit: real.describe("The largest value that passes."),
  detail: z.string().describe("What was compared with what, in one sentence."),
});

const fileHash = z.object({ path: z.string(), sha256: z.string() });

export const model = z.object({
  path: z.string(),
  sha256: z
    .string()
    .describe(
      "Of the file as it was read; with external data, of the lines that sha256sum prints for all files by base name, the model first.",
    ),
  externalData: z
    .array(fileHash)
    .nullable()
    .default(null)
    .describe("The files beside the model that hold its weights."),
  weights: fileHash.nullable().default(null).describe("The checkpoint whose weights replace the model's."),
  parameters: count,
  tensors: z.array(
    z.object({
      name: z.string(),
      label: z
        .string()
        .nullable()
        .default(null)
        .describe("The name under which it is shown, where the exporter made up the one in the file."),
      shape: z.array(count),
      parameters: count,
    }),
  ),
  heldConstant: z
    .object({
      tensors: count,
      parameters: count.describe("Numbers in them."),
      names: z.array(z.string()).describe("The largest."),
      flag: z.string().describe("The flag that adds them to the parameters."),
    })
    .nullable()
    .default(null)
    .describe("What could be trained and is held constant."),
});

export const data = z.object({ path: z.string(), sha256: z.string(), examples: count });

export const lossSummary = z.object({
  name: z.string(),
  title: z.string(),
  formula: z.string().describe("TeX."),
  reduction: z.enum(["mean", "sum"]),
  terms: z
    .number()
    .positive()
    .describe("Number of loss terms over the data; the sum of their weights where they have some."),
  l2: real.describe("λ of a term λ/2‖θ‖²; 0 for none."),
  guessed: z.boolean().describe("Whether the loss was guessed from the labels."),
});

export const runtime = z.object({
  engine: z.string(),
  device: z.string(),
  threads: count,
  platform: z.string(),
  seconds: real.describe("Wall-clock time of the run."),
});

/**
 * The one envelope of every result; `kind` names what is in `result`, and the number after @ rises
 * when a reader of the old form would misread the new one.
 */
export function envelope<Kind extends string, Result extends z.ZodType>(kind: Kind, result: Result) {
  return z.object({
    schema: z.literal(`thalweg/${kind}@1`),
    thalweg: z.string().describe("The version that wrote the result."),
    createdAt: z.iso.datetime(),
    command: z.array(z.string()).describe("The arguments of the run, as given."),
    config: z
      .record(z.string(), z.json())
      .describe("Every option of the run after defaults; `thalweg run` repeats it."),
    seed: z.number(),
    inputs: z
      .array(fileHash)
      .optional()
      .describe("Every file that was read, with the SHA-256 of its bytes; absent in results that do not say."),
    model: model.nullable(),
    data: data.nullable(),
    loss: lossSummary.nullable(),
    precision: z.enum(["float32", "float64"]).nullable(),
    runtime: runtime.nullable(),
    checks: z.array(check),
    warnings: z.array(z.string()),
    sections: z
      .array(shownSection)
      .nullable()
      .default(null)
      .describe("The result as it is shown; null where it says so itself, as a profile does, and in results of 0.1.0."),
    result,
  });
}

export type Check = z.output<typeof check>;

/** A result whose kind is not known: the envelope, and what is in it as a file holds it. */
export const anyEnvelope = envelope("", z.unknown()).extend({ schema: z.string() });

/** What all kinds of result share. */
export type Frame = Omit<z.output<typeof anyEnvelope>, "schema" | "result">;
