import { z } from "zod";
import { EXECUTOR_FORMS, isExecutor } from "./executor-of.ts";

export {
  heldOutOptions as heldOutFlags,
  machineOptions as machineFlags,
  modelOptions as modelFlags,
  problemOptions as problemFlags,
} from "../load/load-options.ts";

const TALK = "How it talks";

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

const duration = z.string().regex(/^\d+(\.\d+)?(ms|s|m|min|h)?$/, "It must be a time such as 60s, 2m or 1h");

const BUDGET = "budget: stops cleanly with wider error bars (60s, 5m)";

/** How a measurement runs. */
export const runFlags = z.object({
  seed: z.int().min(0).default(0).meta({ description: "all randomness comes from it", group: "Run" }),
  time: duration.optional().meta({ description: BUDGET, placeholder: "TIME", group: "Run" }),
  dryRun: z
    .boolean()
    .default(false)
    .meta({ description: "print the plan and its predicted cost, measure nothing", group: "Run" }),
});

/** For what is written to one file. */
export const overwriteFlag = z
  .boolean()
  .default(false)
  .meta({ description: "write over a file that thalweg did not write", group: "Run" });

/** The same for runs of many tasks. */
export const sharedTime = runFlags.shape.time
  .clone()
  .meta({ description: `${BUDGET}; several checkpoints share it equally`, placeholder: "TIME", group: "Run" });

/** What runs of many tasks have besides. */
export const taskFlags = z.object({
  resume: z.string().optional().meta({
    description: "continue the run of that folder: what is done is not done again",
    placeholder: "DIR",
    group: "Run",
  }),
  executor: z
    .string()
    .refine(isExecutor, `It must be one of ${EXECUTOR_FORMS}`)
    .default("here")
    .meta({
      description: `where tasks are done: ${EXECUTOR_FORMS}`,
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
