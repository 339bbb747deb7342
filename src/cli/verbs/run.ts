import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { experimentOf } from "../../documents/experiment-of.ts";
import { namedResult } from "../../documents/named-result.ts";
import { judgeRepetition } from "../../compare/judge-repetition.ts";
import { decodeResult, encodeResult, kindOf, type ResultDocument } from "../../documents/result-kinds.ts";
import { inputError } from "../../files/input-error.ts";
import { openResult } from "../../io/open-result.ts";
import { RUN_FILE } from "../../io/run-folder.ts";
import type { RepeatDocument } from "../../result/repeat-document.ts";
import { given } from "../arguments.ts";
import { EXIT } from "../exit-code.ts";
import { WITHOUT_NUMBERS } from "../experiment-flags.ts";
import { flagsOf, type RawFlags } from "../flag.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import { table, wrap } from "../layout.ts";
import type { Style } from "../terminal.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** Finds the verb, its arguments and its flags in a command line. */
export type ReadCommand = (command: readonly string[]) => {
  readonly verb: Verb;
  readonly args: readonly (string | undefined)[];
};

/** Rows of a list that are shown. */
const SHOWN = 12;

/** The verb that repeats results that other verbs made. */
export function runVerb(readCommand: ReadCommand): Verb {
  return defineVerb({
    name: "run",
    summary: "repeat a result, and say whether its numbers come out again",
    description:
      "Make a result once more as its file says that it was made, and set the numbers side by side. With the same build on the same machine they are the same bit for bit; elsewhere rounding must explain what differs, and sampling only where another version may have drawn other samples. Exit code 4 where they differ by more.",
    arguments: [{ name: "RUN", description: "a result.json, or the folder of a run", required: true }],
    parameters: z.object({
      out: z.string().optional().meta({
        description: "folder or file for the new result (default: none is written)",
        placeholder: "DIR",
        short: "o",
        group: "Run",
      }),
    }),
    examples: [["thalweg run thalweg-runs/20261122-015500-profile-1a2b3c4d", "does it come out again?"]],
    run: async ({ out }, [path], shell) => {
      const { document: before } = openResult(folderOf(given(path, "RUN")));
      requireSameFiles(before);
      const { verb, args } = readCommand(before.command);
      shell.note(`Repeating: thalweg ${before.command.join(" ")}`);
      const scratch = mkdtempSync(join(tmpdir(), "thalweg-run-"));
      try {
        const flags = {
          ...recorded(before, verb),
          ...outFlag(verb, out, join(scratch, "out")),
          json: out === undefined,
        };
        const outcome = await (verb.replay ?? verb.run)(flags, args, shell);
        if (outcome.failure !== undefined) throw outcome.failure;
        const now = decodeResult(encodeResult(outcome.document));
        requireSameData(before, now);
        const document = repeated(given(path, "RUN"), before, now);
        return {
          text:
            repeatText(document, experimentOf(kindOf(before)).findsTimes === true, shell.style) +
            (out === undefined ? "" : `\nThe new one is in ${out}.\n`),
          document,
          exitCode: document.agree === false ? EXIT.check : EXIT.done,
        };
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  });
}

function folderOf(path: string): string {
  return basename(path) === RUN_FILE ? dirname(path) : path;
}

/** The options of the result that are still flags of the verb and have a part in numbers. */
function recorded({ config }: ResultDocument, { parameters }: Verb): RawFlags {
  const known = flagsOf(parameters).map(({ key }) => key);
  return Object.fromEntries(Object.entries(config).filter(([key]) => known.includes(key) && !WITHOUT_NUMBERS.has(key)));
}

/** Where the new result goes; what a verb cannot do without goes where it is removed again. */
function outFlag({ parameters }: Verb, out: string | undefined, scratch: string): RawFlags {
  if (out !== undefined) return { out };
  return parameters.safeParse({}).error?.issues.some(({ path }) => path[0] === "out") ? { out: scratch } : {};
}

/** @throws input error `file-changed` where what was read is known to be other than what was measured */
function requireSameFiles({ model, data, inputs }: ResultDocument): void {
  // With weights in files of their own, the hash of the model is that of all together: they are looked at one by one.
  const files = inputs ?? [...(model?.externalData ?? [model]), model?.weights, data];
  for (const file of files) {
    if (!file || !existsSync(file.path) || !statSync(file.path).isFile()) continue;
    const sha256 = createHash("sha256").update(readFileSync(file.path)).digest("hex");
    if (sha256 === file.sha256) continue;
    throw inputError(
      "file-changed",
      `${file.path} is not what the result was measured on: its SHA-256 is ${sha256.slice(0, 12)}…, not ${file.sha256.slice(0, 12)}….`,
      { file: file.path },
      "Put the file back as it was; to measure the new one, give the verb and its flags.",
    );
  }
}

/** @throws input error `file-changed` where data that are no single file (a folder, or two arrays) are not what was measured */
function requireSameData({ data: before }: ResultDocument, { data: now }: ResultDocument): void {
  if (!before || !now || before.sha256 === now.sha256) return;
  throw inputError(
    "file-changed",
    `${before.path} is not what the result was measured on: what was read of it is other than it was.`,
    { file: before.path },
    "Put the data back as they were; to measure the new ones, give the verb and its flags.",
  );
}

function repeated(path: string, before: ResultDocument, now: ResultDocument): RepeatDocument {
  const { findsTimes = false } = experimentOf(kindOf(before));
  const options = { ignored: WITHOUT_NUMBERS, findsTimes };
  return {
    schema: "thalweg/repeat@1",
    path,
    command: before.command,
    ...judgeRepetition(namedResult("before", "", before), namedResult("now", "", now), options),
  };
}

function sentenceOf(document: RepeatDocument): string {
  const { shared, changed, gone, agree, explained, undecided, differences, sameSamples } = document;
  const verdict =
    agree === true ? " They agree." : agree === false ? " They do not agree." : " Whether they agree cannot be told.";
  const lost =
    gone.length === 0 ? "" : ` ${formatCounted(gone.length, "number")} of the result the repetition does not have.`;
  if (changed.length === 0) {
    const all = `All ${formatCounted(shared, "number")}${lost === "" ? "" : " that both have"} came out again, bit for bit.`;
    return lost === "" ? all : `${all}${lost}${verdict}`;
  }
  const parts = [
    ...(differences.length > 0
      ? [`${formatCount(differences.length)} differ by more than ${allowed(sameSamples)}`]
      : []),
    ...(explained > 0 ? [`${formatCount(explained)} by no more than ${allowed(sameSamples)}`] : []),
    ...(undecided > 0 ? [`of ${formatCount(undecided)} it cannot be told`] : []),
  ];
  const measured =
    parts.length === 0
      ? "none of these is a measured number with an error"
      : `of the measured ones ${parts.join(", ")}`;
  return `${formatCount(shared - changed.length)} of ${formatCounted(shared, "number")} came out again, bit for bit; ${formatCount(changed.length)} did not: ${measured}.${lost}${verdict}`;
}

/** What a difference may come from. */
function allowed(sameSamples: boolean): string {
  return sameSamples
    ? "rounding and bounds leave (seed, data and version are the same, so that sampling explains nothing)"
    : "rounding, bounds and sampling leave";
}

function repeatText(document: RepeatDocument, isTimed: boolean, style: Style): string {
  const { changed, gone, unshared, agree, differences, unclear, recipe } = document;
  const added = unshared.filter((place) => !gone.includes(place));
  const parts: string[] = [];
  if (isTimed) {
    parts.push(
      wrap(
        "It was repeated. Its numbers are times, which never come out twice the same: `thalweg compare` sets them side by side.",
      ),
    );
  } else {
    const colour = agree === true ? style.green : agree === false ? style.red : style.yellow;
    parts.push(colour(wrap(sentenceOf(document))));
  }
  if (differences.length > 0) {
    const rows = differences
      .slice(0, SHOWN)
      .map(({ title, name, before, now }) => [title, String(before), String(now), name]);
    parts.push(table([["", "before", "now", ""], ...rows], ["left", "right", "right", "left"]));
    if (differences.length > SHOWN)
      parts.push(`… and ${formatCount(differences.length - SHOWN)} more; --json lists all.`);
  } else if (agree === null && changed.length > 0 && !isTimed) {
    if (unclear.length === 0) parts.push(wrap(`They are: ${listed(changed)}.`));
    else
      parts.push(
        table(
          [["cannot be told", "why"], ...unclear.slice(0, SHOWN).map(({ title, why }) => [title, why])],
          ["left", "left"],
        ) + (unclear.length > SHOWN ? `\n  … and ${formatCount(unclear.length - SHOWN)} more; --json lists all.` : ""),
      );
  }
  if (gone.length > 0) parts.push(wrap(`The repetition does not have: ${listed(gone)}.`));
  if (added.length > 0)
    parts.push(wrap(`${formatCounted(added.length, "number")} only the repetition has: ${listed(added)}.`));
  if (recipe.length > 0)
    parts.push(
      table(
        [["made with", "before", "now"], ...recipe.map(({ name, before, now }) => [name, text(before), text(now)])],
        ["left", "left", "left"],
      ),
    );
  return `${parts.join("\n\n")}\n`;
}

/** The first of them. */
function listed(places: readonly string[]): string {
  return `${places.slice(0, SHOWN).join(", ")}${places.length > SHOWN ? ", …" : ""}`;
}

function text(value: unknown): string {
  return value === null ? "not given" : typeof value === "string" ? value : JSON.stringify(value);
}
