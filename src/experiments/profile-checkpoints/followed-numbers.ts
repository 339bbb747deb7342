import type { CheckpointResult } from "./checkpoints-result.ts";

type Followed = CheckpointResult["followed"][number];

/** A number over the checkpoints. */
export interface FollowedNumber {
  /** Of an instrument, the first, second, …: for file names. */
  readonly name: string;
  readonly label: string;
  /** In the order of the checkpoints; undefined where one has none. */
  readonly values: readonly (Followed | undefined)[];
}

/** What all checkpoints have, or some, each number once, in the order in which instruments report. */
export function followedNumbers(checkpoints: readonly CheckpointResult[]): FollowedNumber[] {
  const known = new Map<string, Omit<FollowedNumber, "values">>();
  for (const { followed } of checkpoints) {
    for (const each of followed) {
      const id = identityOf(each);
      if (known.has(id)) continue;
      const place = [...known.keys()].filter((other) => other.startsWith(`${each.instrument} `)).length;
      known.set(id, { name: place === 0 ? each.instrument : `${each.instrument}-${place + 1}`, label: each.label });
    }
  }
  return [...known].map(([id, about]) => ({
    ...about,
    values: checkpoints.map(({ followed }) => followed.find((each) => identityOf(each) === id)),
  }));
}

/** What a number is called may hang on how sure it is; its symbol does not. */
function identityOf({ instrument, symbol, label }: Followed): string {
  return `${instrument} ${symbol ?? label}`;
}
