import { ThalwegError } from "../util/thalweg-error.ts";
import type { RowRange } from "./build-dataset.ts";
import type { BuiltInSet } from "./built-in-set.ts";
import { digits } from "./digits.ts";
import { mnist1d } from "./mnist1d.ts";

/** The data sets that come with the package. */
export const BUILT_IN_SETS: readonly BuiltInSet[] = [digits, mnist1d];

/** The rows of a part of a built-in set, the first part when none is named. */
export function splitOf(set: BuiltInSet, split: string | undefined): RowRange {
  const parts = Object.keys(set.splits);
  const chosen = split ?? parts[0];
  if (parts.includes(chosen)) {
    const [start, end] = set.splits[chosen];
    return { start, end };
  }
  throw new ThalwegError({
    kind: "usage",
    code: "unknown-split",
    message: `The data set ${set.name} has no part "${chosen}"; its parts are ${parts.join(", ")}.`,
    hint: `Give --data ${set.name}${parts.length > 1 ? ` or --data ${set.name}:${parts[1]}` : ""}.`,
  });
}
