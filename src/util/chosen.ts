import { didYouMean } from "./suggest.ts";
import { ThalwegError } from "./thalweg-error.ts";

/**
 * The choice of that name.
 *
 * @throws usage error `unknown-choice`
 */
export function chosen<T extends { readonly name: string }>(what: string, name: string, choices: readonly T[]): T {
  const found = choices.find((each) => each.name === name);
  if (found) return found;
  const names = choices.map((each) => each.name);
  throw new ThalwegError({
    kind: "usage",
    code: "unknown-choice",
    message: `There is no ${what} "${name}"; there are ${names.join(", ")}.`,
    hint: didYouMean(name, names),
  });
}
