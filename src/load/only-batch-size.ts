import { ThalwegError } from "../util/thalweg-error.ts";
import { exportedBatch, type ProbeQuestion, takesBatch } from "./probe-network.ts";

/** The batch size of a model that was exported for one only, as the file says or the user; undefined for all others. */
export function onlyBatchSize(question: ProbeQuestion, probed: number): number | undefined {
  const { model, asked } = question;
  const { examples } = question.dataset;
  if ((probed !== exportedBatch(model) && probed !== asked) || takesBatch(question, probed + 1)) return undefined;
  const rest = examples % probed;
  if (rest === 0) return probed;
  throw new ThalwegError({
    kind: "input",
    code: "fixed-batch",
    message: `The model was exported for batches of ${probed}, and ${examples} examples are no multiple of it.`,
    where: { file: model.file },
    hint: `Export it with a dynamic batch axis (dynamic_axes), or give --limit ${examples - rest || probed}.`,
  });
}
