import { requireUnique } from "../../util/require-unique.ts";
import type { Change, ChangeKind } from "./change.ts";
import { pruneSmallest } from "./prune-smallest.ts";
import { roundToBits } from "./round-to-bits.ts";

/** Everything that can be done to a tensor. */
const CHANGE_KINDS: readonly ChangeKind[] = [roundToBits, pruneSmallest];

requireUnique(CHANGE_KINDS, ({ name }) => name, "kinds of changes");

/** All that is asked for, by the names of the flags, each once. */
export function changesOf(asked: Readonly<Record<Change["kind"], readonly number[]>>): Change[] {
  return CHANGE_KINDS.flatMap((kind) => [...new Set(asked[kind.name])].map((amount) => kind.of(amount)));
}
