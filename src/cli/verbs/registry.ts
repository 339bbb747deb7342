import { EXPERIMENTS } from "../../experiments/registry.ts";
import { verbsOf } from "../experiment-verb.ts";
import { readCommand } from "../read-command.ts";
import type { Verb } from "../verb.ts";
import { doctor } from "./doctor.ts";
import { explain } from "./explain.ts";
import { nets } from "./nets.ts";
import { runVerb } from "./run.ts";
import { workVerb } from "./work.ts";

const OF_EXPERIMENTS: readonly Verb[] = verbsOf(EXPERIMENTS);

/** Every verb, in the order of the help. */
export const VERBS: readonly Verb[] = [
  ...OF_EXPERIMENTS,
  runVerb((command) => readCommand(OF_EXPERIMENTS, command)),
  workVerb,
  nets,
  explain,
  doctor,
];
