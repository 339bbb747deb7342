import { z } from "zod";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { readOptions } from "../util/options.ts";
import type { RunContext } from "../util/run-context.ts";

/** What every measurement takes beside its own options. */
export interface RunOptions {
  /** All randomness comes from it: the same seed gives the same numbers. Default 0. */
  readonly seed?: number;
  /** A way to stop the run, and to hear how far it is. */
  readonly context?: RunContext;
}

/** The members of a context. */
const contextMembers = z.object({
  signal: z.instanceof(AbortSignal).optional(),
  progress: functionOf<NonNullable<RunContext["progress"]>>(),
  outOfTime: functionOf<NonNullable<RunContext["outOfTime"]>>(),
  hasBudget: z.boolean().optional(),
  meanwhile: functionOf<NonNullable<RunContext["meanwhile"]>>(),
} satisfies { [Name in keyof Required<RunContext>]: z.ZodType<RunContext[Name]> });

function functionOf<F>() {
  return z.custom<F>((x) => typeof x === "function", { error: "it must be a function" }).optional();
}

/** A context, whose members `checkedContext` looks at. */
export const contextOption = z
  .custom<RunContext>((x) => typeof x === "object" && x !== null, { error: "it must be an object" })
  .optional();

const runMembers = z.object({
  seed: z.int().optional(),
  context: contextOption,
} satisfies { [Name in keyof Required<RunOptions>]: z.ZodType<RunOptions[Name]> });

/** How a measurement runs: what its own options are, and what all take. */
export interface Run<Own> {
  readonly own: Own;
  readonly seed: number;
  readonly random: RandomStream;
  readonly context: RunContext;
}

/**
 * The options of a measurement, its own and those that all take.
 *
 * @throws ThalwegError `unknown-option`, `bad-option`
 */
export function readRun<S extends z.ZodObject>(caller: string, own: S, given: object): Run<z.output<S>> {
  const read = readOptions(caller, z.object({ ...own.shape, ...runMembers.shape }), given);
  const { seed = 0, context = {} } = runMembers.parse(read);
  return { own: own.parse(read), seed, random: createRandom(seed), context: checkedContext(caller, context) };
}

/**
 * A context as it was given, once its members are known.
 *
 * @throws ThalwegError `unknown-option`, `bad-option`
 */
export function checkedContext(caller: string, context: RunContext = {}): RunContext {
  readOptions(`the context of ${caller}`, contextMembers, context);
  return context;
}
