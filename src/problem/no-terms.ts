import { formatCounted } from "../util/format-size.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** That the loss of some examples has no term, so that its mean divides by 0. */
export function noTerms(examples: number): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-terms",
    message: `The loss of ${examples === 1 ? "this example" : `these ${formatCounted(examples, "example")}`} is empty: no label of ${examples === 1 ? "it" : "theirs"} counts, each being marked as ignored or of a class without weight.`,
    hint: "Take other examples, or look at --ignore-index and the weights of the classes.",
  });
}
