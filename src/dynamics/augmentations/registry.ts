import { chosen } from "../../util/chosen.ts";
import { requireUnique } from "../../util/require-unique.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { Augmentation, ChosenAugmentation } from "./augmentation.ts";
import { flip } from "./flip.ts";
import { rotate } from "./rotate.ts";
import { shift } from "./shift.ts";
import { zoom } from "./zoom.ts";

/** Every augmentation, in the order of the help. */
export const AUGMENTATIONS: readonly Augmentation[] = [shift, rotate, zoom, flip];

requireUnique(AUGMENTATIONS, ({ name }) => name, "augmentations");

/**
 * "shift:2" or, with its own amount, "shift".
 *
 * @throws usage errors `unknown-choice`, `bad-augmentation` for an amount that it does not take
 *
 * @example
 * chosenAugmentation("rotate:15").amount; // 15
 */
export function chosenAugmentation(text: string): ChosenAugmentation {
  const [name, given] = text.split(":", 2);
  const augmentation = chosen("augmentation", name, AUGMENTATIONS);
  const amount = given === undefined ? augmentation.amount : Number(given.trim() === "" ? Number.NaN : given);
  const { most, unit, isWhole = false } = augmentation;
  if (amount > 0 && amount <= most && (!isWhole || Number.isInteger(amount))) return { augmentation, amount };
  throw new ThalwegError({
    kind: "usage",
    code: "bad-augmentation",
    message: `--augment ${text}: the amount of ${name}, ${unit}, is a ${isWhole ? "whole " : ""}number above 0 and at most ${most}.`,
    hint: `For example --augment ${name}:${augmentation.amount}.`,
  });
}
