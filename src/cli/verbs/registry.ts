import type { Verb } from "../verb.ts";
import { apply } from "./apply.ts";
import { bench } from "./bench.ts";
import { check } from "./check.ts";
import { doctor } from "./doctor.ts";
import { explain } from "./explain.ts";

/** Every verb, in the order of the help. */
export const VERBS: readonly Verb[] = [apply, check, bench, explain, doctor];
