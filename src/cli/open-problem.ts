import type { LoadOptions } from "../load/load-options.ts";
import { loadProblem } from "../load/load-problem.ts";
import type { LoadedForward } from "../load/loaded-forward.ts";
import type { LoadedProblem } from "../load/loaded-problem.ts";
import { formatCounted } from "../util/format-size.ts";
import type { Shell } from "./shell.ts";

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

/** The same of a network that can only be run forward, which is said first. */
export function tellForward(loaded: LoadedForward, shell: Shell): void {
  const { forward, source, because, notes, warnings, dataPath } = loaded;
  shell.note(
    `${source.path}: ${formatCounted(forward.space.dimension, "parameter")} · ${dataPath}: ${formatCounted(forward.dataset.examples, "example")} · ${forward.options.loss.title} · ${forward.options.precision}`,
  );
  shell.note(`${because} The file itself is run, for its losses alone.`);
  for (const note of notes) shell.note(note);
  for (const warning of warnings) shell.warn(warning);
  shell.detail(`batches of ${forward.options.batchSize} · ${loaded.engine} · ${loaded.threads} threads`);
}
