import { z } from "zod";
import type { SubjectKind } from "../runs/subject.ts";
import { heldOutFlags, modelFlags, problemFlags } from "./common-flags.ts";

const problem = problemFlags.extend(heldOutFlags.shape);

const checkpoints = problem.extend({
  weights: z.array(z.string()).optional().meta({
    description: "checkpoint whose tensors replace the model's, by name; several, or 'step-*', are measured one by one",
    placeholder: "FILE",
    group: "Model",
  }),
});

/** What leads to a subject of each kind. */
export const SUBJECT_FLAGS = {
  none: z.object({}),
  results: z.object({}),
  model: modelFlags,
  problem,
  network: problem.extend({
    model: z.string().optional().meta({
      description: "the network that it is put to: an ONNX file, or a built-in one",
      placeholder: "MODEL",
      group: "Model",
    }),
  }),
  ground: problem,
  described: problemFlags.extend({
    batch: z
      .int()
      .min(1)
      .optional()
      .meta({ description: "examples per run of the file; needed without --data", group: "Export" }),
  }),
  checkpoints,
  path: checkpoints,
} as const satisfies { readonly [Kind in SubjectKind]: z.ZodObject };
