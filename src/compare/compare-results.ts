import { z } from "zod";
import type { CompareResult, CompareRow } from "../result/compare-result.ts";
import type { Frame } from "../result/envelope.ts";
import { doubted, type Known } from "../result/known.ts";
import { section, type Section } from "../result/section.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { differenceOf, type Pairing } from "./difference-of.ts";
import { incomparable } from "./incomparable.ts";
import { type NumberOfResult, numbersOf } from "./numbers-of.ts";
import { haveSameWeights, recipeDifferences } from "./recipe-differences.ts";

/** A result as it was read. */
export interface NamedResult {
  readonly path: string;
  readonly sha256: string;
  /** What it is a result of: profile, bench, … */
  readonly kind: string;
  /** What stands in `result` of that kind. */
  readonly shape: z.ZodType;
  /** Its envelope. */
  readonly document: Frame;
  /** What it found, as its file holds it. */
  readonly result: unknown;
}

export interface CompareOptions {
  /** Set beside each other what is not comparable, too. */
  readonly force: boolean;
  /** Flags that have no part in any number. */
  readonly ignored: ReadonlySet<string>;
  /** What sentences call them; A, B, … when absent. */
  readonly names?: readonly string[];
  /** Whether the results drew the very same samples for the number at a place; never when absent. */
  readonly sameSamples?: (place: string) => boolean;
}

/** What rounding may do to a number that is a mean of samples: what the checks of every run let pass. */
const ROUNDING = { float32: 1e-3, float64: 1e-9 } as const;

/** Of comparisons of sampled numbers that do not differ, so many come out different: each is made at 95 %. */
const BY_CHANCE = 0.05;

/**
 * Results of one kind side by side: all numbers that at least two of them hold, and which of them the errors tell
 * apart. Each comparison stands at 95 % for itself; how many of them come out different by chance is part of the result.
 *
 * @throws usage error `too-few-results`; input errors `incomparable`, `nothing-to-compare`
 */
export function compareResults(results: readonly NamedResult[], options: CompareOptions): CompareResult {
  const { force, ignored, names = [], sameSamples = () => false } = options;
  if (results.length < 2) {
    throw new ThalwegError({
      kind: "usage",
      code: "too-few-results",
      message: "One result alone cannot be compared.",
      hint: "Give the folders of two runs, or more.",
    });
  }
  const sides = results.map((result, i) => sideOf(result, names[i] ?? nameOf(i)));
  const [first, ...others] = sides;
  const forced = others.flatMap((other) => obstacles(first, other));
  if (forced.length > 0 && !force) {
    throw new ThalwegError({
      kind: "input",
      code: "incomparable",
      message: `The results cannot be compared. ${forced.map((reason) => `${reason}.`).join(" ")}`,
      hint: "--force sets what they share side by side all the same.",
    });
  }
  const rows = rowsOf(sides, forced.length > 0, sameSamples);
  if (rows.length === 0) {
    throw new ThalwegError({
      kind: "input",
      code: "nothing-to-compare",
      message: `Results of the kind "${first.kind}" hold no measured numbers that could be compared.`,
      hint: "Give results of `thalweg profile`.",
    });
  }
  const documents = results.map(({ document }) => document);
  const comparisons = rows.reduce((sum, { pairs }) => sum + pairs.filter(({ sampled }) => sampled).length, 0);
  const counted = (different: boolean | null) => rows.filter((row) => row.different === different).length;
  return {
    kind: first.kind,
    results: sides.map(({ name, path, sha256, document: { model, createdAt, seed, precision } }) => ({
      name,
      path,
      sha256,
      model: model?.path ?? null,
      createdAt,
      seed,
      precision,
    })),
    rows,
    different: counted(true),
    alike: counted(false),
    undecided: counted(null),
    chance: { comparisons, expected: BY_CHANCE * comparisons },
    sameWeights: haveSameWeights(documents),
    recipe: recipeDifferences(documents, ignored),
    forced,
  };
}

/** One of the results, with its numbers by path. */
interface Side extends NamedResult {
  readonly name: string;
  readonly numbers: ReadonlyMap<string, NumberOfResult>;
  /** By instrument; none where the kind has no sections. */
  readonly sections: ReadonlyMap<string, Section>;
  /** Why nothing of it can be trusted. */
  readonly doubt: string | undefined;
}

/** A result that says of its sections what became of them; others have none. */
const sectioned = z.object({ sections: z.array(section).catch([]) }).catch({ sections: [] });

function sideOf(result: NamedResult, name: string): Side {
  const { document, shape } = result;
  const { sections } = sectioned.parse(result.result);
  const failed = document.checks.filter(({ passed }) => passed === false);
  return {
    ...result,
    name,
    numbers: numbersOf(shape, result.result),
    sections: new Map(sections.map((section) => [section.instrument, section])),
    doubt: failed.length === 0 ? undefined : `a check of the derivatives failed (${failed[0].title})`,
  };
}

/** A, B, …, Z, 27, 28, … */
function nameOf(position: number): string {
  const LETTERS = 26;
  return position < LETTERS ? String.fromCharCode("A".charCodeAt(0) + position) : String(position + 1);
}

/** Why one is not comparable with the first. @throws `incomparable` where there is nothing to force */
function obstacles(first: Side, other: Side): string[] {
  const [a, b] = [first.kind, other.kind];
  if (a === b) return incomparable(first.document, other.document, [first.name, other.name]);
  throw new ThalwegError({
    kind: "input",
    code: "incomparable",
    message: `The results cannot be compared: ${first.path} is of the kind "${a}", ${other.path} of the kind "${b}".`,
    hint: "Give results of the same verb.",
  });
}

type SameSamples = NonNullable<CompareOptions["sameSamples"]>;

function rowsOf(sides: readonly Side[], isForced: boolean, sameSamples: SameSamples): CompareRow[] {
  const paths = orderedPaths(sides);
  return paths.flatMap((path) => {
    const numbers = sides.map((side) => side.numbers.get(path));
    // Where the networks differ, what only one of them has is no row.
    if (isForced && numbers.filter((number) => number !== undefined).length < 2) return [];
    const about = numbers.find((number) => number !== undefined);
    return about ? [rowOf(about, sides, numbers, sameSamples)] : [];
  });
}

/** The paths of all sides, in the order of the first that has each. */
function orderedPaths(sides: readonly Side[]): string[] {
  const ordered: string[] = [];
  for (const { numbers } of sides) {
    let at = 0;
    for (const path of numbers.keys()) {
      const found = ordered.indexOf(path);
      if (found >= 0) at = found + 1;
      else ordered.splice(at++, 0, path);
    }
  }
  return ordered;
}

function rowOf(
  { path, title, instrument, leading }: NumberOfResult,
  sides: readonly Side[],
  numbers: readonly (NumberOfResult | undefined)[],
  sameSamples: SameSamples,
): CompareRow {
  const known = sides.map((side, i) => knownIn(side, numbers[i]));
  const pairs = sides.flatMap((_, j) =>
    sides.slice(0, j).flatMap((__, i) => {
      const [a, b] = [known[i], known[j]];
      return a && b
        ? [{ of: [i, j] as [number, number], ...pairOf(a, b, [sides[i], sides[j]], sameSamples(path)) }]
        : [];
    }),
  );
  const missing = sides.filter((_, i) => known[i] === undefined);
  const different = pairs.some((pair) => pair.different === true)
    ? true
    : missing.length > 0 || pairs.some((pair) => pair.different === null)
      ? null
      : false;
  const reasons = [
    ...missing.map((side) => absence(side, instrument)),
    ...pairs.flatMap(({ why, different: told }) =>
      why !== null && (different !== true || told === true) ? [why] : [],
    ),
  ];
  const [head, last] = [known.at(0)?.value, known.at(-1)?.value];
  const ratio = head && last !== undefined ? last / head : Number.NaN;
  return {
    name: path,
    title,
    section: sides.flatMap(({ sections }) => sections.get(instrument ?? "")?.title ?? []).at(0) ?? null,
    leading,
    values: known.map((each) => each?.value ?? null),
    ranges: known.map((each) => (each?.stated === true ? rangeOf(each) : null)),
    different,
    ratio: Number.isFinite(ratio) ? ratio : null,
    pairs,
    why: reasons.length === 0 ? null : [...new Set(reasons)].join("; "),
  };
}

/** A number with the doubts that its section and its run cast on it. */
function knownIn({ sections, doubt }: Side, number: NumberOfResult | undefined): Known | undefined {
  if (number === undefined) return undefined;
  const { known, instrument } = number;
  const section = sections.get(instrument ?? "");
  const isOpen = section?.status === "not-converged" && !known.settled;
  const reason = section?.reason === null || section?.reason === undefined ? "" : `: ${sentencePart(section.reason)}`;
  return doubted(doubted(known, isOpen ? `its section has not converged${reason}` : undefined), doubt);
}

function pairOf(
  a: Known,
  b: Known,
  [first, second]: readonly [Side, Side],
  isSameSample: boolean,
): Omit<CompareRow["pairs"][number], "of"> {
  const pairing: Pairing = {
    ...(isSameSample && { sameSamples: { rounding: ROUNDING[first.document.precision ?? "float64"] } }),
    independent: first.document.seed !== second.document.seed,
    samePrecision: first.document.precision === second.document.precision,
    names: [first.name, second.name],
  };
  const { value: difference, ...others } = differenceOf(a, b, pairing);
  return { difference, ...others };
}

/** Why a side has no such number. */
function absence({ name, sections }: Side, instrument: string | undefined): string {
  const section = instrument === undefined ? undefined : sections.get(instrument);
  const reason = section?.reason && section.status !== "measured" ? `: ${sentencePart(section.reason)}` : "";
  return `not measured in ${name}${reason}`;
}

function rangeOf({ value, below, above, sampled }: Known): { lower: number; upper: number } {
  return { lower: value - below - sampled.below, upper: value + above + sampled.above };
}

/** A sentence as a part of another. */
function sentencePart(sentence: string): string {
  return sentence.replace(/\.$/, "").replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}
