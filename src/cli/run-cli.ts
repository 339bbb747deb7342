import { CommanderError } from "commander";
import { encodeResult } from "../documents/result-kinds.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { buildProgram, type Invocation } from "./build-program.ts";
import { talkFlags } from "./common-flags.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { flagsOf, readFlags } from "./flag.ts";
import { presentError } from "./present-error.ts";
import { createShell, type Interruption } from "./shell.ts";
import { didYouMean } from "../util/suggest.ts";
import { styleOf, type Terminal } from "./terminal.ts";
import type { Verb } from "./verb.ts";
import { VERBS } from "./verbs/registry.ts";
import { version } from "../io/version.ts";

/**
 * Runs one command line; everything that can go wrong ends as text and an exit code.
 *
 * @param stranded rejects when nothing is left that could ever end the run
 */
export async function runCli(
  argv: readonly string[],
  terminal: Terminal,
  interruption: Interruption,
  stranded?: Promise<never>,
): Promise<ExitCode> {
  // Before the flags are read, an error can only ask what was typed.
  let talk = {
    json: argv.includes("--json"),
    debug: argv.includes("--debug"),
    color: !argv.includes("--no-color"),
    quiet: false,
    verbose: false,
  };
  const present = (error: unknown) =>
    presentError(error, styleOf(talk.color && terminal.errColors), talk.debug, interruption.exitCode());
  try {
    const invocation = parse(argv, terminal);
    if (invocation === undefined) return EXIT.done;
    const { verb, args, flags } = invocation;
    talk = readFlags(talkFlags, flags);
    const shell = createShell({ terminal, command: argv, interruption, ...talk });
    try {
      const run = verb.run(flags, args, shell);
      const outcome = await (stranded ? Promise.race([run, stranded]) : run);
      shell.settle();
      terminal.out(talk.json ? encodeResult(outcome.document) : outcome.text);
      if (outcome.failure === undefined) return outcome.exitCode;
      const presented = present(outcome.failure);
      terminal.err(presented.text);
      return presented.exitCode;
    } finally {
      shell.settle();
    }
  } catch (error) {
    const presented = present(error);
    terminal.err(presented.text);
    if (talk.json) terminal.out(encodeResult(presented.document));
    return presented.exitCode;
  }
}

/** For a run that waits for what will never come, since the event loop is empty. */
export function strandedError(): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "run-stranded",
    message: "The run stopped before it was done: it waits for an engine that no longer answers.",
  });
}

/** The verb with its arguments; undefined when help or the version was asked for, and printed. */
function parse(argv: readonly string[], terminal: Terminal): Invocation | undefined {
  let invocation: Invocation | undefined;
  const program = buildProgram(VERBS, {
    version: version(),
    terminal,
    argv,
    onInvocation: (found) => (invocation = found),
  });
  if (argv.length === 0) {
    program.outputHelp();
    return undefined;
  }
  try {
    program.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usageError(error, argv);
  }
  return invocation;
}

function usageError(error: CommanderError, argv: readonly string[]): ThalwegError {
  // `thalweg help nope`
  if (error.code === "commander.help") return unknownVerb(argv[1] ?? "");
  const [first, suggestion] = error.message.replace(/^error: /, "").split("\n");
  const verb = VERBS.find(({ name }) => name === argv[0]);
  return new ThalwegError({
    kind: "usage",
    code: error.code.replace("commander.", "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    message: `${first.charAt(0).toUpperCase()}${first.slice(1)}.`.replace(/\.\.$/, "."),
    hint:
      suggestion?.replace(/^\((.*)\)$/, "$1") ??
      (verb && error.code === "commander.excessArguments" ? aboutSpread(argv, verb) : undefined) ??
      (verb ? `\`thalweg ${verb.name} --help\` lists arguments and flags.` : "`thalweg --help` lists the verbs."),
  });
}

/** What to do where more than one value stands behind a flag that is written once for each: as where a shell expands a pattern. */
function aboutSpread(argv: readonly string[], { parameters }: Verb): string | undefined {
  const isValue = (place: number) => place < argv.length && !argv[place].startsWith("-");
  const flag = flagsOf(parameters).find(({ name, repeatable }) => {
    const place = argv.indexOf(name);
    return repeatable && place >= 0 && isValue(place + 1) && isValue(place + 2);
  });
  return flag === undefined
    ? undefined
    : `One value stands behind ${flag.name}: quote a pattern, so that the shell does not put names in its place (${flag.name} 'a*'), or join values with commas (${flag.name} a,b).`;
}

function unknownVerb(name: string): ThalwegError {
  const names = VERBS.map((verb) => verb.name);
  return new ThalwegError({
    kind: "usage",
    code: "unknown-command",
    message: `Unknown command '${name}'.`,
    hint: didYouMean(name, names) ?? `The verbs are ${names.join(", ")}.`,
  });
}
