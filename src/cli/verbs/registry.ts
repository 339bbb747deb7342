import { EXPERIMENTS } from "../../experiments/registry.ts";
import { verbsOf } from "../experiment-verb.ts";
import { readCommand } from "../read-command.ts";
import type { Verb } from "../verb.ts";
import { apply } from "./apply.ts";
import { bench } from "./bench.ts";
import { check } from "./check.ts";
import { compare } from "./compare.ts";
import { doctor } from "./doctor.ts";
import { explain } from "./explain.ts";
import { exportVerb } from "./export.ts";
import { inspect } from "./inspect.ts";
import { runVerb } from "./run.ts";
import { workVerb } from "./work.ts";

const MEASURING: readonly Verb[] = [...verbsOf(EXPERIMENTS), compare, inspect, check, apply, exportVerb, bench];

/** Every verb, in the order of the help. */
export const VERBS: readonly Verb[] = [
  ...MEASURING,
  runVerb((command) => readCommand(MEASURING, command)),
  workVerb,
  explain,
  doctor,
];
