import { z } from "zod";
import { expectationOf } from "./expectation-of.ts";
import { shownValue } from "./shown-value.ts";
import { didYouMean } from "./suggest.ts";
import { ThalwegError } from "./thalweg-error.ts";

/** Options as a caller may give them: what their schema takes, in lists that nobody writes to. */
export type OptionsOf<S extends z.ZodObject> = { readonly [K in keyof z.input<S>]: Listed<z.input<S>[K]> };

type Listed<T> = T extends (infer E)[] ? readonly E[] : T;

/** A whole number, or ∞ for as many as there are. */
export function countFrom(minimum: number) {
  const isCount = (x: unknown) =>
    typeof x === "number" && x >= minimum && (Number.isInteger(x) || x === Number.POSITIVE_INFINITY);
  return z.custom<number>(isCount, { error: `it must be a whole number of at least ${minimum}` });
}

/** What is reached where an error is no larger; 0 never is, but in exact arithmetic. */
export const tolerance = z.custom<number>((x) => typeof x === "number" && x >= 0, {
  error: "it must be a number that is not negative",
});

/** A vector in whatever space, of some numbers at least. */
export function vector(least = 0) {
  const isVector = (x: unknown) => x instanceof Float64Array && x.length >= least;
  const error = `it must be a Float64Array${least > 0 ? ` of at least ${least === 1 ? "1 number" : `${least} numbers`}` : ""}`;
  return z.custom<Float64Array>(isVector, { error });
}

/** A probability that is neither certain nor impossible. */
export const confidence = z.number().gt(0).lt(1);

/**
 * Options with their defaults. A name that there is not is refused, as a misspelt one would leave the default unsaid.
 *
 * @param caller what the options are of, as its user calls it: "load"
 * @throws ThalwegError `unknown-option`, `missing-option`, `bad-option`
 *
 * @example
 * readOptions("load", z.object({ data: z.string() }), { data: "digits" }); // { data: "digits" }
 */
export function readOptions<S extends z.ZodObject>(caller: string, schema: S, given: unknown): z.output<S> {
  const names = Object.keys(schema.shape);
  // A list, a map and a vector have members of their own, and none by the name of an option.
  if (typeof given !== "object" || given === null || Symbol.iterator in given)
    throw refused(
      "bad-option",
      caller,
      `The options of ${caller} are ${shownValue(given)}; they must be an object.`,
      `Its options are ${names.join(", ")}.`,
    );
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw refused(
      "unknown-option",
      unknown,
      `${caller} has no option "${unknown}".`,
      didYouMean(unknown, names) ?? `Its options are ${names.join(", ")}.`,
    );
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [name, ...place] = issue.path.map(String);
  const value = new Map<string, unknown>(Object.entries(given)).get(name);
  if (value === undefined)
    throw refused(
      "missing-option",
      name,
      `${caller} needs the option ${name}: ${expectationOf(issue)}.`,
      `Give it: { ${name}: … }.`,
    );
  const within = place.length === 0 ? "" : ` (at ${place.join(".")})`;
  const choices = issue.code === "invalid_value" && typeof value === "string" ? issue.values.map(String) : [];
  throw refused(
    "bad-option",
    name,
    `The option ${name} of ${caller} is ${shownValue(value)}; ${expectationOf(issue)}${within}.`,
    (typeof value === "string" ? didYouMean(value, choices) : undefined) ??
      (schema.shape[name].safeParse(undefined).success ? "Leave it out for its default." : undefined),
  );
}

function refused(code: string, option: string, message: string, hint?: string): ThalwegError {
  return new ThalwegError({ kind: "usage", code, message, where: { option }, hint });
}
