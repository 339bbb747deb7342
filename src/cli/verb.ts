import { z } from "zod";
import type { JsonDocument } from "../documents/result-kinds.ts";
import type { Argument } from "../runs/argument.ts";
import { talkFlags } from "./common-flags.ts";
import type { ExitCode } from "./exit-code.ts";
import { type RawFlags, readFlags } from "./flag.ts";
import type { Shell } from "./shell.ts";

/** What a verb found. */
export interface Outcome {
  /** For a person, at 80 columns. */
  readonly text: string;
  /** For a program, with --json. */
  readonly document: JsonDocument;
  readonly exitCode: ExitCode;
  /** What went wrong once all was measured: the results are shown all the same, and then this. */
  readonly failure?: unknown;
}

/** One thing that `thalweg` does; the command line and its help are made from the registry of these. */
export interface Verb {
  readonly name: string;
  /** Half a sentence, for the list of verbs. */
  readonly summary: string;
  readonly description?: string;
  /** What help lists below: the choices that need a word each. */
  readonly choices?: readonly { readonly name: string; readonly summary: string }[];
  readonly arguments: readonly Argument[];
  readonly parameters: z.ZodObject;
  /** Whole command lines with what they do. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  run(flags: RawFlags, args: readonly (string | undefined)[], shell: Shell): Promise<Outcome>;
  /** The same with flags as a result recorded them, where they are not what was typed: files instead of patterns. */
  replay?(flags: RawFlags, args: readonly (string | undefined)[], shell: Shell): Promise<Outcome>;
}

interface VerbDefinition<S extends z.ZodRawShape> extends Omit<Verb, "parameters" | "run" | "replay"> {
  readonly parameters: z.ZodObject<S>;
  run(flags: z.output<z.ZodObject<S>>, args: readonly (string | undefined)[], shell: Shell): Promise<Outcome> | Outcome;
}

/** A verb that gets its flags typed, and the flags that every verb has added. */
export function defineVerb<S extends z.ZodRawShape>(definition: VerbDefinition<S>): Verb {
  const { parameters } = definition;
  return {
    ...definition,
    parameters: z.object({ ...parameters.shape, ...talkFlags.shape }),
    run: async (flags, args, shell) => definition.run(readFlags(parameters, flags), args, shell),
  };
}
