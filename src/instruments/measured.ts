import { z } from "zod";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { ProfileInstrument, ProfileResult } from "./profile-result.ts";
import { INSTRUMENTS } from "./registry.ts";

/** The same with nothing null in it. */
export type Measured<T> = T extends readonly (infer E)[]
  ? readonly Measured<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Measured<Exclude<T[K], null>> }
    : T;

/** Made where a key is null. */
type Absence = (path: readonly string[]) => ThalwegError;

/**
 * A result to be read without asking at every step whether it is there: reading what was not measured throws, and the
 * error says which instrument would have measured it, and why it did not.
 *
 * @throws input error `not-measured` where something that is null is read
 *
 * @example
 * measured(result).noise.criticalBatchSize.value;
 */
export function measured(result: ProfileResult): Measured<ProfileResult> {
  return viewOf(result, [], (path) => notMeasured(path, result));
}

function viewOf<T>(value: T, path: readonly string[], absent: Absence): Measured<T>;
function viewOf(value: unknown, path: readonly string[], absent: Absence): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get: (target, key) => {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key === "symbol" || typeof inner === "function") return inner;
      if (inner === null) throw absent([...path, key]);
      return viewOf(inner, [...path, key], absent);
    },
  });
}

function notMeasured(path: readonly string[], { sections }: ProfileResult): ThalwegError {
  const owner = INSTRUMENTS.find(({ part }: ProfileInstrument) => owns(part, path));
  const section = sections.find(({ instrument }) => instrument === owner?.name);
  const why = section?.reason ?? (owner && !section ? `The instrument ${owner.name} did not run.` : "");
  return new ThalwegError({
    kind: "input",
    code: "not-measured",
    message: `The result has no ${path.join(".")}. ${why}`.trimEnd(),
    hint: "Ask for null first where a number may be missing, or look at the section of its instrument.",
  });
}

/** Whether the place is in that part; of keys that are shared, the members tell. */
function owns(part: z.core.$ZodShape, [key, ...rest]: readonly string[]): boolean {
  const schema = part[key];
  if (!(schema instanceof z.ZodObject)) return schema !== undefined;
  const shape: z.core.$ZodShape = schema.shape;
  return rest.length === 0 || Object.hasOwn(shape, rest[0]);
}
