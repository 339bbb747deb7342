import { z } from "zod";
import { requireUnique } from "../../util/require-unique.ts";
import type { Change, ChangeKind } from "./change.ts";
import { pruneSmallest } from "./prune-smallest.ts";
import { roundToBits } from "./round-to-bits.ts";

/** Everything that can be done to a tensor. */
export const CHANGE_KINDS = [roundToBits, pruneSmallest] as const satisfies ChangeKind[];

requireUnique(CHANGE_KINDS, ({ name }) => name, "kinds of changes");

type ChangeName = (typeof CHANGE_KINDS)[number]["name"];

/** By the names of the flags. */
export const changeFlags = {
  bits: roundToBits.flag,
  prune: pruneSmallest.flag,
} satisfies Record<ChangeName, z.ZodType>;

/** By the names of the columns. */
export const changeColumns = {
  bits: roundToBits.column,
  prune: pruneSmallest.column,
} satisfies Record<ChangeName, z.ZodType>;

const amounts = z.object(changeColumns);

/** Of each kind how much was done; null for all but one. */
export type ChangeAmounts = Readonly<z.output<typeof amounts>>;

const NONE: ChangeAmounts = amounts.parse({});

/** All that is asked for, by the names of the flags, each once. */
export function changesOf(asked: Readonly<Record<ChangeName, readonly number[]>>): Change[] {
  return CHANGE_KINDS.flatMap((kind) => [...new Set(asked[kind.name])].map((amount) => kind.of(amount)));
}

/** A change as the columns of a result hold it. */
export function amountsOf({ kind, amount }: Pick<Change, "kind" | "amount">): ChangeAmounts {
  return { ...NONE, [kind]: amount };
}

/** The change of such columns; undefined where they hold none. */
export function changeOf(held: ChangeAmounts): Change | undefined {
  const [change] = CHANGE_KINDS.flatMap((kind) => {
    const amount = held[kind.name];
    return amount === null ? [] : [kind.of(amount)];
  });
  return change;
}

/** Whether columns hold this change. */
export function isChange({ kind, amount }: Change, held: ChangeAmounts): boolean {
  const found = changeOf(held);
  return found?.kind === kind && found.amount === amount;
}
