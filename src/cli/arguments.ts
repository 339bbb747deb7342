import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * The value of a required argument.
 *
 * @param description as help has it
 * @throws usage error `missing-argument`
 */
export function given(value: string | undefined, name: string, description?: string): string {
  if (value !== undefined) return value;
  throw new ThalwegError({
    kind: "usage",
    code: "missing-argument",
    message: `The argument ${name} is missing.`,
    hint: description && `${name} is ${description}.`,
  });
}
