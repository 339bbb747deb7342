import { EXPERIMENTS } from "../experiments/registry.ts";
import type { Experiment } from "../runs/experiment.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { ResultKind } from "./result-kinds.ts";

/** The experiment that writes results of a kind. */
export function experimentOf(kind: ResultKind): Experiment {
  const found = EXPERIMENTS.find(({ document }) => document === kind);
  if (found !== undefined) return found;
  throw new ThalwegError({
    kind: "internal",
    code: "unknown-kind",
    message: `No experiment writes results of the kind "${kind}".`,
  });
}
