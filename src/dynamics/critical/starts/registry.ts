import { requireUnique } from "../../../util/require-unique.ts";
import { along } from "./along.ts";
import { perturbed } from "./perturbed.ts";
import { random } from "./random.ts";

/** Where searches for critical points start, in the order of the help. */
export const STARTS = [random, perturbed, along] as const;

requireUnique(STARTS, ({ name }) => name, "kinds of starts");
