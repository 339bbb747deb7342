import type { Coupling } from "./examples-independence.ts";
import type { Meeting } from "./look-at-outputs.ts";

/** What it means that examples are coupled, in a sentence or two. */
export function aboutCoupling(
  { reason, isMean }: Coupling,
  examples: number,
  batchSize: number,
  isWhole: boolean,
): string {
  const start = isMean
    ? `No example has a loss of its own: ${reason}.`
    : `The examples are not independent: ${reason}.`;
  if (isWhole) return `${start} The loss is that of all ${examples} examples as one batch.`;
  if (isMean)
    return `${start} On the examples looked at it is the mean over them, so the loss is taken as the mean over batches of ${batchSize}.`;
  const ragged = examples % batchSize === 0 ? "" : `, the last one of ${examples % batchSize}`;
  return `${start} The loss is the mean over batches of ${batchSize} examples in their order${ragged}: it depends on the batch size.`;
}

/** What it means that examples may be coupled and could not be compared as one batch; undefined where all were. */
export function aboutMeeting(
  { operation, compared }: Meeting,
  examples: number,
  batchSize: number,
): string | undefined {
  if (batchSize === examples || compared === examples) return undefined;
  return `The graph leaves it open whether examples of a batch enter each other's outputs (${operation}), and all ${examples} are too many for one batch. The first ${compared} as one batch have the outputs that they have in batches of another size; the loss is the mean over batches of ${batchSize}.`;
}
