import { z } from "zod";
import { countFrom } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";
import type { LinearOperator } from "./linear-operator.ts";

const isMethod = (x: unknown) => typeof x === "function";
const method = z.custom<object>(isMethod, { error: "it must be a function" });

/** The members that every operator has, and what those that it may have are. */
const members = z.object({
  dimension: z.int().min(1),
  symmetric: z.boolean(),
  precision: z.enum(["float32", "float64"]),
  preferredBlock: countFrom(1),
  atOnce: countFrom(1).optional(),
  name: z.string(),
  wider: z.object({ apply: method }).optional(),
  rounding: method.optional(),
  diagonalBlock: method.optional(),
  apply: method,
} satisfies { [Member in keyof Required<LinearOperator>]: z.ZodType });

/**
 * Stops at what is no operator: one of a program's own may lack what it is asked for.
 *
 * @throws usage error `bad-argument`
 */
export function requireOperator(caller: string, operator: LinearOperator): void {
  requireArgument("operator", caller, members, operator);
}
