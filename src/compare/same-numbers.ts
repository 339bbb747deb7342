/** How many numbers of two JSON values are the same, bit for bit. */
export interface SameNumbers {
  /** Numbers that both hold, at the same place. */
  readonly shared: number;
  /** Places where they differ. */
  readonly changed: readonly string[];
  /** Places where only the first has a number, and where only the second has one. */
  readonly gone: readonly string[];
  readonly added: readonly string[];
}

/**
 * Compares the numbers of two results as their files hold them, place by place, without regard to errors.
 *
 * @example
 * sameNumbers({ loss: 1, top: [2] }, { loss: 1, top: [3] }); // { shared: 2, changed: ["top[0]"], gone: [], added: [] }
 */
export function sameNumbers(before: unknown, now: unknown): SameNumbers {
  const [mine, theirs] = [new Map(numbersIn(before, "")), new Map(numbersIn(now, ""))];
  const shared = [...mine.keys()].filter((place) => theirs.has(place));
  return {
    shared: shared.length,
    changed: shared.filter((place) => mine.get(place) !== theirs.get(place)),
    gone: [...mine.keys()].filter((place) => !theirs.has(place)),
    added: [...theirs.keys()].filter((place) => !mine.has(place)),
  };
}

/** How a file writes a number that is none. */
const NO_NUMBERS: ReadonlySet<unknown> = new Set(["NaN", "Infinity", "-Infinity"]);

function numbersIn(value: unknown, place: string): [place: string, number: unknown][] {
  if (typeof value === "number" || NO_NUMBERS.has(value)) return [[place, value]];
  if (Array.isArray(value)) return value.flatMap((each, i) => numbersIn(each, `${place}[${i}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => numbersIn(each, place === "" ? key : `${place}.${key}`));
}
