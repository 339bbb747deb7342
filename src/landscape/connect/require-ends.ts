import { inputError } from "../../files/input-error.ts";
import { isSameLoss } from "../../problem/same-loss.ts";
import type { OtherWeights } from "../../runs/subject.ts";
import type { Terrain } from "../terrain.ts";

/**
 * The way ends at the other network, and not at one that has some of its tensors from the first; and all that an alignment
 * must leave as it is can be looked at.
 *
 * @throws input errors `end-not-reached`, `output-unread`
 */
export function requireEnds(
  { problem }: Pick<Terrain, "problem">,
  { path, model, differing }: Pick<OtherWeights, "path" | "model" | "differing">,
  align: boolean,
): void {
  if (differing.length > 0 && !isSameLoss(problem, model)) {
    const moving = new Set(problem.space.tensors.map(({ name }) => name));
    const staying = differing.filter((name) => !moving.has(name)).map((name) => model.labels.get(name) ?? name);
    const shown = staying.slice(0, MOST_NAMES).join(", ");
    const names = staying.length > MOST_NAMES ? `${shown} and ${staying.length - MOST_NAMES} more` : shown;
    throw inputError(
      "end-not-reached",
      `No way of these parameters leads to ${path}: tensors that are none of them hold other numbers there than in ${problem.model.file} (${names}), so its end would be a network that is neither of the two.`,
      { file: path, parameter: staying[0] },
      "Leave --params and --freeze out, or name these tensors with --params, too; `thalweg line --direction to:FILE` shows the way of the chosen parameters alone.",
    );
  }
  const leftOut = problem.network.imported.notices.find(({ code }) => code === "output-left-out");
  if (!align || leftOut === undefined) return;
  throw inputError(
    "output-unread",
    `No alignment can be proven: it must leave every output of the file as it is, and one of them cannot be read. ${leftOut.message}`,
    { file: problem.model.file },
    "Export the model without that output, or leave --align out.",
  );
}

const MOST_NAMES = 8;
