import { z } from "zod";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";

/* What the functions of graphs take. */

export const value = z.custom<Value>(isValue, { error: "it must be a value of a graph" });
export const values = z.array(value);
export const scalar = value.refine(({ shape }) => shape.length === 0, {
  error: "it must be a scalar, of the shape []",
});
export const named = z.map(z.string(), value);
export const extents = z.array(z.int().min(0));
export const precision = z.enum(["float32", "float64"]);
export const aFunction = z.custom<never>((x) => typeof x === "function", { error: "it must be a function" });

function isValue(given: unknown): boolean {
  if (typeof given !== "object" || given === null || !("graph" in given && "id" in given)) return false;
  return given.graph instanceof Graph && typeof given.id === "number" && given.graph.values[given.id] === given;
}

/** As many values as there are others. */
export function asMany(others: readonly Value[], of: string) {
  return values.length(others.length, { error: `it must be a list of one value for each of the ${of}` });
}
