import type { LoadOptions } from "../load/load-options.ts";
import { loadProblem } from "../load/load-problem.ts";
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
