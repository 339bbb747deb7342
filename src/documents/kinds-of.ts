import { envelope } from "../result/envelope.ts";
import type { Experiment } from "../runs/experiment.ts";
import { requireUnique } from "../util/require-unique.ts";

/** The documents that experiments write, by kind. */
type KindsOf<All extends readonly Experiment[]> = {
  [Each in All[number] as Each["document"]]: ReturnType<typeof envelope<Each["document"], Each["result"]>>;
};

/**
 * The envelope of each experiment's result, by its kind.
 *
 * @param others the kinds of documents that are no results: an experiment has none of them
 * @throws internal error `name-taken`
 */
export function kindsOf<const All extends readonly Experiment[]>(
  experiments: All,
  others: readonly string[],
): KindsOf<All>;
export function kindsOf(experiments: readonly Experiment[], others: readonly string[]): object {
  const kinds = [...experiments, ...others.map((document) => ({ document }))];
  requireUnique(kinds, ({ document }) => document, "kinds of documents");
  return Object.fromEntries(experiments.map(({ document, result }) => [document, envelope(document, result)]));
}
