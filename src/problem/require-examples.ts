import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * @param what is made of single examples
 * @param coupled why the loss of an example depends on others, where it does
 * @throws input error `no-single-examples`
 */
export function requireExamples(what: string, coupled: string | undefined): void {
  if (coupled === undefined) return;
  throw new ThalwegError({
    kind: "input",
    code: "no-single-examples",
    message: `There is no ${what}: no example has a loss of its own, as ${coupled}.`,
    hint: "Give a model whose output has one row for each example, and the loss with --loss.",
  });
}
