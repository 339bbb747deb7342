import { ThalwegError } from "../util/thalweg-error.ts";

/** The value of a required argument. */
export function given(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new ThalwegError({ kind: "usage", code: "missing-argument", message: `${name} is missing.` });
}
