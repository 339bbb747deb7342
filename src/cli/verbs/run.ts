import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { experimentOf } from "../../documents/experiment-of.ts";
import { namedResult, resultJson } from "../../documents/named-result.ts";
import { compareResults } from "../../compare/compare-results.ts";
import { recipeDifferences } from "../../compare/recipe-differences.ts";
import { sameNumbers } from "../../compare/same-numbers.ts";
import {
  decodeResult,
  encodeResult,
  kindOf,
  type ResultDocument,
  type ResultKind,
} from "../../documents/result-kinds.ts";
import { inputError } from "../../files/input-error.ts";
import { openResult } from "../../io/open-result.ts";
import { RUN_FILE } from "../../io/run-folder.ts";
import type { CompareRow } from "../../result/compare-result.ts";
import type { RepeatDocument } from "../../result/repeat-document.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
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

/** What sentences call the two. */
const NAMES = ["the result", "the repetition"];

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
            repeatText(document, findsTimes(kindOf(before)), shell.style) +
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
  const kind = kindOf(before);
  if (kindOf(now) !== kind) {
    throw new ThalwegError({
      kind: "internal",
      code: "another-kind",
      message: `A result of the kind ${kind} came out as one of the kind ${kindOf(now)}.`,
    });
  }
  const same = sameNumbers(resultJson(before), resultJson(now));
  const sameSamples = drewTheSame(before, now);
  const rows = same.changed.length === 0 ? [] : changedRows(before, now, sameSamples ? same.changed : undefined);
  const apart = rows.filter(({ different }) => different === true);
  const open = rows.filter(({ different }) => different === null);
  const undecided = open.length;
  return {
    schema: "thalweg/repeat@1",
    path,
    kind,
    command: before.command,
    shared: same.shared,
    changed: [...same.changed],
    unshared: [...same.unshared],
    agree: agreementOf(kind, { changed: same.changed.length, rows: rows.length, apart: apart.length, undecided }),
    sameSamples,
    unclear: open.map(({ name, title, why }) => ({ name, title, why: why ?? "no error is stated for it" })),
    explained: rows.length - apart.length - undecided,
    undecided,
    differences: apart.map(({ name, title, values: [first, second] }) => ({ name, title, before: first, now: second })),
    recipe: recipeDifferences([before, now], WITHOUT_NUMBERS)
      .filter(({ name }) => !name.startsWith("--"))
      .map(({ name, values: [first, second] }) => ({ name, before: first, now: second })),
  };
}

/** Whether its numbers are times, which never come out twice the same. */
function findsTimes(kind: ResultKind): boolean {
  return experimentOf(kind).findsTimes === true;
}

/** What the numbers that differ say; times say nothing, and numbers that no error goes with (counts of products, settings) little. */
function agreementOf(
  kind: ResultKind,
  { changed, rows, apart, undecided }: Readonly<Record<"changed" | "rows" | "apart" | "undecided", number>>,
): boolean | null {
  if (changed === 0) return true;
  if (findsTimes(kind)) return null;
  if (apart > 0) return false;
  return undecided > 0 || rows === 0 ? null : true;
}

/**
 * Whether a repetition draws the same random numbers: the files are the same, and so is the seed. Another version may draw
 * others, and where the time was limited, another number of them.
 */
function drewTheSame(before: ResultDocument, now: ResultDocument): boolean {
  const { time = null } = before.config;
  return before.thalweg === now.thalweg && before.seed === now.seed && time === null;
}

/**
 * The measured numbers that both hold and that differ; none where the kind measures nothing that could be compared.
 *
 * @param changed the places of all that differ, where both drew the same samples: a number for which another count of
 *   products was taken rests on others all the same
 */
function changedRows(
  before: ResultDocument,
  now: ResultDocument,
  changed: readonly string[] | undefined,
): readonly CompareRow[] {
  const sides = [before, now].map((document, i) => namedResult(["before", "now"][i], "", document));
  // One names an element of a list, the other counts it.
  const unlisted = (place: string) => place.replaceAll(/\[[^\]]*\]/g, "[]");
  const recounted = new Set(changed?.filter((place) => place.endsWith(".products")).map(unlisted));
  const sameSamples = (place: string) => changed !== undefined && !recounted.has(`${unlisted(place)}.products`);
  try {
    const { rows } = compareResults(sides, { force: true, ignored: WITHOUT_NUMBERS, sameSamples, names: NAMES });
    return rows.filter(({ values: [first, second] }) => first !== second && first !== null && second !== null);
  } catch (error) {
    if (error instanceof ThalwegError && error.code === "nothing-to-compare") return [];
    throw error;
  }
}

function sentenceOf(document: RepeatDocument): string {
  const { shared, changed, agree, explained, undecided, differences, sameSamples } = document;
  if (changed.length === 0) return `All ${formatCounted(shared, "number")} came out again, bit for bit.`;
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
  const verdict =
    agree === true ? " They agree." : agree === false ? " They do not agree." : " Whether they agree cannot be told.";
  return `${formatCount(shared - changed.length)} of ${formatCounted(shared, "number")} came out again, bit for bit; ${formatCount(changed.length)} did not: ${measured}.${verdict}`;
}

/** What a difference may come from. */
function allowed(sameSamples: boolean): string {
  return sameSamples
    ? "rounding and bounds leave (seed, data and version are the same, so that sampling explains nothing)"
    : "rounding, bounds and sampling leave";
}

function repeatText(document: RepeatDocument, isTimed: boolean, style: Style): string {
  const { changed, unshared, agree, differences, unclear, recipe } = document;
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
  } else if (agree === null && !isTimed) {
    if (unclear.length === 0)
      parts.push(wrap(`They are: ${changed.slice(0, SHOWN).join(", ")}${changed.length > SHOWN ? ", …" : ""}.`));
    else
      parts.push(
        table(
          [["cannot be told", "why"], ...unclear.slice(0, SHOWN).map(({ title, why }) => [title, why])],
          ["left", "left"],
        ) + (unclear.length > SHOWN ? `\n  … and ${formatCount(unclear.length - SHOWN)} more; --json lists all.` : ""),
      );
  }
  if (unshared.length > 0)
    parts.push(
      wrap(
        `${formatCounted(unshared.length, "number")} only one of the two results has: ${unshared.slice(0, SHOWN).join(", ")}${unshared.length > SHOWN ? ", …" : ""}.`,
      ),
    );
  if (recipe.length > 0)
    parts.push(
      table(
        [["made with", "before", "now"], ...recipe.map(({ name, before, now }) => [name, text(before), text(now)])],
        ["left", "left", "left"],
      ),
    );
  return `${parts.join("\n\n")}\n`;
}

function text(value: unknown): string {
  return value === null ? "not given" : typeof value === "string" ? value : JSON.stringify(value);
}
