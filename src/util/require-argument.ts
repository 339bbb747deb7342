import type { z } from "zod";
import { expectationOf } from "./expectation-of.ts";
import { shownValue } from "./shown-value.ts";
import { didYouMean } from "./suggest.ts";
import { ThalwegError } from "./thalweg-error.ts";

/**
 * Stops at an argument that its function does not take: a program without types may pass anything.
 *
 * @param what the argument, as its user calls it: "operator"
 * @param caller what takes it: "trace"
 * @throws usage error `bad-argument`
 *
 * @example
 * requireArgument("shift", "shiftOperator", z.number(), "much"); // The shift of shiftOperator is "much"; it must be a number.
 */
export function requireArgument(what: string, caller: string, schema: z.ZodType, given: unknown): void {
  const parsed = schema.safeParse(given);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  const place = issue.path.map(String);
  const value = place.reduce(memberOf, given);
  const choices = issue.code === "invalid_value" && typeof value === "string" ? issue.values.map(String) : [];
  const of = [...place.toReversed().map(named), what].join(" of the ");
  throw new ThalwegError({
    kind: "usage",
    code: "bad-argument",
    message: `The ${of} of ${caller} is ${shownValue(value)}; ${expectationOf(issue)}.`,
    where: { option: what },
    hint: didYouMean(String(value), choices) ?? `The type declarations of Thalweg say what ${caller} takes.`,
  });
}

/** Places in a list are numbers. */
function named(place: string): string {
  return /^\d+$/.test(place) ? `element ${place}` : place;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
