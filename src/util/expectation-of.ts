import type { z } from "zod";
import { uncapitalized } from "./capitalized.ts";

/** What a value must be, as a clause: "it must be at least 1". */
export function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "too_small":
      return `it must be ${measure(issue.origin)}${issue.inclusive === true ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `it must be ${measure(issue.origin)}${issue.inclusive === true ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_type":
      return `it must be ${TYPES.get(issue.expected) ?? `a ${issue.expected}`}`;
    case "invalid_value":
      return `it must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    default:
      return uncapitalized(issue.message);
  }
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ["int", "a whole number"],
  ["array", "a list"],
  ["object", "an object"],
]);

/** What is counted, where it is not the value itself. */
function measure(origin: string): string {
  return origin === "string" || origin === "array" ? "of length " : "";
}
