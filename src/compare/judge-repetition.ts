import type { CompareRow } from "../result/compare-result.ts";
import type { RepeatDocument } from "../result/repeat-document.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { compareResults, type NamedResult } from "./compare-results.ts";
import { recipeDifferences } from "./recipe-differences.ts";
import { sameNumbers } from "./same-numbers.ts";

/** What came out when a result was made once more. */
export type Repetition = Omit<RepeatDocument, "schema" | "path" | "command">;

interface RepetitionOptions {
  /** Flags that have no part in any number. */
  readonly ignored: ReadonlySet<string>;
  /** Whether its numbers are times, which never come out twice the same. */
  readonly findsTimes: boolean;
}

/** What sentences call the two. */
const NAMES = ["the result", "the repetition"];

/**
 * A result beside its repetition: the same bit for bit, or as far apart as rounding and bounds leave; sampling explains a
 * difference only where other samples were drawn. What the repetition has no more did not come out again.
 *
 * @throws internal error `another-kind`
 */
export function judgeRepetition(before: NamedResult, now: NamedResult, options: RepetitionOptions): Repetition {
  const { kind } = before;
  if (now.kind !== kind) {
    throw new ThalwegError({
      kind: "internal",
      code: "another-kind",
      message: `A result of the kind ${kind} came out as one of the kind ${now.kind}.`,
    });
  }
  const same = sameNumbers(before.result, now.result);
  const sameSamples = drewTheSame(before, now);
  const rows =
    same.changed.length === 0 ? [] : changedRows(before, now, options, sameSamples ? same.changed : undefined);
  const apart = rows.filter(({ different }) => different === true);
  const open = rows.filter(({ different }) => different === null);
  const undecided = open.length;
  return {
    kind,
    shared: same.shared,
    changed: [...same.changed],
    gone: [...same.gone],
    unshared: [...same.gone, ...same.added],
    agree: agreementOf(options, {
      changed: same.changed.length,
      gone: same.gone.length,
      sameSamples,
      rows: rows.length,
      apart: apart.length,
      undecided,
    }),
    sameSamples,
    unclear: open.map(({ name, title, why }) => ({ name, title, why: why ?? "no error is stated for it" })),
    explained: rows.length - apart.length - undecided,
    undecided,
    differences: apart.map(({ name, title, values: [first, second] }) => ({ name, title, before: first, now: second })),
    recipe: recipeDifferences([before.document, now.document], options.ignored)
      .filter(({ name }) => !name.startsWith("--"))
      .map(({ name, values: [first, second] }) => ({ name, before: first, now: second })),
  };
}

interface Found extends Readonly<Record<"changed" | "gone" | "rows" | "apart" | "undecided", number>> {
  readonly sameSamples: boolean;
}

/**
 * What the numbers that differ or are gone say; times say nothing, and numbers that no error goes with (counts of
 * products, settings) little. Another version may have other numbers, and a run whose time was limited fewer.
 */
function agreementOf(
  { findsTimes }: RepetitionOptions,
  { changed, gone, sameSamples, rows, apart, undecided }: Found,
): boolean | null {
  if (gone > 0 && sameSamples) return false;
  if (changed === 0) return gone === 0 ? true : null;
  if (findsTimes) return null;
  if (apart > 0) return false;
  return gone > 0 || undecided > 0 || rows === 0 ? null : true;
}

/**
 * Whether a repetition draws the same random numbers: the files are the same, and so is the seed. Another version may draw
 * others, and where the time was limited, another number of them.
 */
function drewTheSame({ document: before }: NamedResult, { document: now }: NamedResult): boolean {
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
  before: NamedResult,
  now: NamedResult,
  { ignored }: RepetitionOptions,
  changed: readonly string[] | undefined,
): readonly CompareRow[] {
  // One names an element of a list, the other counts it.
  const unlisted = (place: string) => place.replaceAll(/\[[^\]]*\]/g, "[]");
  const recounted = new Set(changed?.filter((place) => place.endsWith(".products")).map(unlisted));
  const sameSamples = (place: string) => changed !== undefined && !recounted.has(`${unlisted(place)}.products`);
  try {
    const { rows } = compareResults([before, now], { force: true, ignored, sameSamples, names: NAMES });
    return rows.filter(({ values: [first, second] }) => first !== second && first !== null && second !== null);
  } catch (error) {
    if (error instanceof ThalwegError && error.code === "nothing-to-compare") return [];
    throw error;
  }
}
