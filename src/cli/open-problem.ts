import { type LoadedProblem, type LoadOptions, loadProblem } from "../load/load-problem.ts";
import { EXIT } from "./exit-code.ts";
import { changesOnDisk } from "./frame.ts";
import { formatCounted } from "./format.ts";
import { wrap } from "./layout.ts";
import type { Shell } from "./shell.ts";
import type { Style } from "./terminal.ts";
import type { Outcome } from "./verb.ts";

/** Opens the problem and says on stderr what was opened, chosen and guessed. */
export async function openProblem(model: string, options: LoadOptions, shell: Shell): Promise<LoadedProblem> {
  const loaded = await loadProblem(model, options);
  const { problem, notes, warnings, dataPath } = loaded;
  const { loss, precision, batchSize } = problem.options;
  shell.note(
    `${model}: ${formatCounted(problem.space.dimension, "parameter")} · ${dataPath}: ${formatCounted(problem.examples, "example")} · ${loss.title} · ${precision}`,
  );
  for (const note of notes) shell.note(note);
  for (const warning of warnings) shell.warn(warning);
  shell.detail(
    `batches of ${batchSize} · ${problem.runtime.description} · ${problem.runtime.threads} threads · ${problem.preferredBlock} vectors at a time`,
  );
  return loaded;
}

/** What failed of the proofs at load, for verbs that show no checks. */
export function failedProofs({ proofs }: LoadedProblem, style: Style): string {
  return proofs
    .filter(({ passed }) => passed === false)
    .map(({ detail }) => `${wrap(`${style.red("FAIL")} ${detail} Trust nothing above.`)}\n`)
    .join("");
}

/**
 * Opens the problem, works with it and closes it, also after an error. Where a proof at load failed, that
 * is what the exit code says.
 */
export async function withProblem(
  model: string,
  options: LoadOptions,
  shell: Shell,
  work: (loaded: LoadedProblem) => Promise<Outcome>,
): Promise<Outcome> {
  const loaded = await openProblem(model, options, shell);
  try {
    const outcome = await work(loaded);
    for (const change of changesOnDisk(loaded)) shell.warn(change);
    const isFinished = outcome.exitCode === EXIT.done || outcome.exitCode === EXIT.notConverged;
    const fails = isFinished && loaded.proofs.some(({ passed }) => passed === false);
    return fails ? { ...outcome, exitCode: EXIT.check } : outcome;
  } finally {
    await loaded.close();
  }
}
