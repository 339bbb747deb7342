import { z } from "zod";
import { sha256 } from "../files/sha256.ts";
import { flagOf } from "../util/kebab.ts";

/** A value that JSON can hold. */
export type Json = z.core.util.JSONType;

export const recipeInput = z.object({
  path: z.string(),
  sha256: z.string().describe("Of the bytes of the file when the run began."),
});

/** All that the numbers of a run follow from; where and in how many processes they are computed has no part in it. */
export const recipe = z.object({
  thalweg: z.string().describe("The version that began the run."),
  experiment: z.string(),
  arguments: z.array(z.string()),
  options: z.record(z.string(), z.json()).describe("After defaults."),
  seed: z.number(),
  budget: z
    .number()
    .nullable()
    .describe("Milliseconds after which the run ends with what it has; its tasks share them."),
  inputs: z.array(recipeInput).describe("Every file that is read."),
});

export type Recipe = z.output<typeof recipe>;

/** JSON text that does not depend on the order in which an object's keys were set. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/**
 * SHA-256 of a value's canonical JSON, in hexadecimal.
 *
 * @example
 * hashOfJson({ b: 1, a: 2 }) === hashOfJson({ a: 2, b: 1 }); // true
 */
export function hashOfJson(value: Json): string {
  const hash = sha256();
  hash.update(new TextEncoder().encode(canonicalJson(value)));
  return hash.digest("hex");
}

/**
 * What keeps a run from being continued with another recipe, as a clause; undefined where nothing does.
 *
 * @example
 * recipeDifference(begun, now); // "--top was 5 and is 3"
 */
export function recipeDifference(begun: Recipe, now: Recipe): string | undefined {
  if (begun.experiment !== now.experiment)
    return `it is one of the experiment ${begun.experiment}, not ${now.experiment}`;
  if (begun.thalweg !== now.thalweg) return `version ${begun.thalweg} began it, and this is ${now.thalweg}`;
  const positional = begun.arguments.findIndex((each, i) => each !== now.arguments[i]);
  if (positional >= 0)
    return `its argument was ${begun.arguments[positional]} and is ${now.arguments[positional] ?? "missing"}`;
  if (begun.seed !== now.seed) return `--seed was ${begun.seed} and is ${now.seed}`;
  if (begun.budget !== now.budget)
    return `--time was ${begun.budget ?? "not given"} and is ${now.budget ?? "not given"} (milliseconds)`;
  for (const key of new Set([...Object.keys(begun.options), ...Object.keys(now.options)])) {
    const [before, after] = [begun.options[key], now.options[key]].map((value) =>
      value === undefined ? "not given" : canonicalJson(value),
    );
    if (before !== after) return `${flagOf(key)} was ${before} and is ${after}`;
  }
  const known = new Map(now.inputs.map(({ path, sha256: hash }) => [path, hash]));
  for (const { path, sha256: hash } of begun.inputs) {
    const found = known.get(path);
    if (found === undefined) return `it read ${path}, which is not read now`;
    if (found !== hash) return `${path} holds other bytes than when it began`;
  }
  const added = now.inputs.find(({ path }) => !begun.inputs.some((each) => each.path === path));
  return added && `${added.path} was not read when it began`;
}
