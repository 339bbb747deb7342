import { Argument as CommanderArgument, Command, Option } from "commander";
import { chosen } from "../util/chosen.ts";
import { given } from "./arguments.ts";
import { readConfig } from "./config-file.ts";
import { EXIT_MEANINGS } from "./exit-code.ts";
import { type Flag, flagsOf, type RawFlags } from "./flag.ts";
import { PAGE_WIDTH, table } from "./layout.ts";
import type { Terminal } from "./terminal.ts";
import type { Verb } from "./verb.ts";
import { capitalized } from "../util/capitalized.ts";

/** What was asked for on the command line. */
export interface Invocation {
  readonly verb: Verb;
  readonly args: readonly (string | undefined)[];
  readonly flags: RawFlags;
}

export interface ProgramOptions {
  readonly version: string;
  readonly terminal: Terminal;
  /** The words of the command line: only verbs that are among them take arguments and flags, whose types are read slowly. */
  readonly argv: readonly string[];
  /** Called once, when a verb was recognised. */
  readonly onInvocation: (invocation: Invocation) => void;
}

/** The command line, from the registry of verbs. */
export function buildProgram(
  verbs: readonly Verb[],
  { version, terminal, argv, onInvocation }: ProgramOptions,
): Command {
  const program = new Command("thalweg")
    .description(
      "Exact derivatives and the measured geometry of the loss of any ONNX network: every number carries its proof.",
    )
    .usage("<verb> [MODEL] [--data DATA] [flags]")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print help; `thalweg <verb> --help` for a verb")
    .helpCommand("help [verb]", "print this help, or that of a verb")
    .enablePositionalOptions();
  plain(program, terminal);
  program.addHelpText("after", `\nExit codes:\n${table(Object.entries(EXIT_MEANINGS), ["right", "left"])}`);
  program.addHelpText("after", "\nTry: thalweg profile      measures a small trained network on built-in data");
  for (const verb of verbs) {
    const command = program.command(verb.name).summary(verb.summary);
    plain(command, terminal);
    if (argv.includes(verb.name)) describe(command, verb, onInvocation);
  }
  return program;
}

/** Errors are thrown, not printed, and help fits the page. */
function plain(command: Command, terminal: Terminal): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .configureHelp({ helpWidth: PAGE_WIDTH })
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: () => undefined });
}

function describe(command: Command, verb: Verb, onInvocation: (invocation: Invocation) => void): void {
  command.description(descriptionOf(verb));
  const flags = flagsOf(verb.parameters);
  // A run that is continued knows what it was given.
  const isContinuable = flags.some(({ key }) => key === "resume");
  for (const { name, description, required, variadic } of verb.arguments) {
    const shown = variadic === true ? `${name}...` : name;
    command.addArgument(new CommanderArgument(required && !isContinuable ? `<${shown}>` : `[${shown}]`, description));
  }
  for (const flag of flags) command.addOption(optionOf(flag));
  const examples = verb.examples.map(([line, what]) => `  # ${what}\n  ${line}`);
  if (examples.length > 0) command.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  command.helpOption("-h, --help", "print this help");
  command.action(() => {
    const typed: Record<string, unknown> = {};
    const options: Record<string, unknown> = command.opts();
    for (const { key } of flags) if (command.getOptionValueSource(key) === "cli") typed[key] = options[key];
    const config = typeof typed["config"] === "string" ? readConfig(typed["config"], flags) : {};
    const args = command.processedArgs.flat().map((each: unknown) => (typeof each === "string" ? each : undefined));
    verb.arguments.forEach(({ name, description, choices, required }, i) => {
      const arg = required && typed["resume"] === undefined ? given(args[i], name, description) : args[i];
      if (choices && arg !== undefined) chosen(name.toLowerCase(), arg, choices);
    });
    onInvocation({ verb, args, flags: { ...config, ...typed } });
  });
}

function descriptionOf({ description, summary, choices = [] }: Verb): string {
  const text = description ?? `${capitalized(summary)}.`;
  if (choices.length === 0) return text;
  const rows = choices.map(({ name, summary: what }) => [name, what]);
  return `${text}\n\n${table(rows, ["left", "left"])}`;
}

function optionOf(flag: Flag): Option {
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const byDefault = flag.default === undefined || flag.toggle ? "" : ` (default: ${defaultText(flag)})`;
  const option = new Option(
    `${short}${flag.name}${flag.toggle ? "" : ` <${flag.placeholder}>`}`,
    flag.description + byDefault,
  );
  if (flag.ambiguous !== undefined) option.hideHelp();
  if (flag.group !== undefined) option.helpGroup(`${flag.group}:`);
  if (flag.repeatable)
    option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
  return option;
}

function defaultText(flag: Flag): string {
  if (!Array.isArray(flag.default)) return String(flag.default);
  return flag.default.length === flag.choices?.length ? "all" : flag.default.join(", ");
}
