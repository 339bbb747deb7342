import type { Verb } from "../verb.ts";
import { explain } from "./explain.ts";

/** Every verb, in the order of the help. */
export const VERBS: readonly Verb[] = [explain];
