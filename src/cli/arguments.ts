import { ThalwegError } from "../util/thalweg-error.ts";
import { didYouMean } from "./suggest.ts";
import type { Argument } from "./verb.ts";

export const MODEL: Argument = { name: "MODEL", description: "the network, as an ONNX file", required: true };

/** The value of a required argument. */
export function given(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new ThalwegError({ kind: "usage", code: "missing-argument", message: `${name} is missing.` });
}

/** The choice of that name. */
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
