import { inputError } from "../files/input-error.ts";
import { buildProgram, type Invocation } from "./build-program.ts";
import type { Verb } from "./verb.ts";

/** Nobody reads what a command line that is only looked at prints. */
const SILENT = {
  out: () => undefined,
  err: () => undefined,
  live: false,
  columns: 80,
  outColors: false,
  errColors: false,
};

/**
 * What a recorded command line asked for. Its configuration file is left out: a result records what came of it.
 *
 * @throws input error `unknown-command`
 */
export function readCommand(verbs: readonly Verb[], command: readonly string[]): Invocation {
  let found: Invocation | undefined;
  const typed = command.filter((arg, i) => !arg.startsWith("--config") && command[i - 1] !== "--config");
  try {
    buildProgram(verbs, {
      version: "",
      terminal: SILENT,
      argv: typed,
      onInvocation: (invocation) => (found = invocation),
    }).parse([...typed], { from: "user" });
  } catch {
    found = undefined;
  }
  if (found !== undefined) return found;
  throw inputError(
    "unknown-command",
    `The result says that it was made by "thalweg ${command.join(" ")}", which this version does not understand.`,
    {},
    "Repeat it with the version that wrote it, or give the verb and its flags.",
  );
}
