import { z } from "zod";

/**
 * Where a value holds a NaN, or an infinity that its schema does not provide for: the path of the first
 * such number, undefined where there is none. NaN is no result anywhere: what is not defined is null.
 *
 * @example
 * nonFiniteIn(gradientPart, { norm: NaN }); // "norm"
 */
export function nonFiniteIn(schema: z.core.$ZodType | undefined, value: unknown, path = ""): string | undefined {
  if (typeof value === "number") {
    if (Number.isFinite(value)) return undefined;
    return !Number.isNaN(value) && schema !== undefined && mayBeInfinite(schema) ? undefined : path;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const inner = schema && unwrapped(schema);
  for (const [key, each] of Object.entries(value)) {
    const found = nonFiniteIn(memberOf(inner, key), each, path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mayBeInfinite(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(unwrapped(schema))?.mayBeInfinite === true;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap())
    : schema;
}

function memberOf(schema: z.core.$ZodType | undefined, key: string): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  return schema instanceof z.ZodArray ? schema.element : undefined;
}
