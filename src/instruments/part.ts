import { z } from "zod";
import { about, aboutOf } from "../result/known.ts";
import { nonFiniteIn } from "../result/non-finite.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { isRecord } from "../util/is-record.ts";

/**
 * What an instrument puts into the result of a profile, key by key. A key that is nullable belongs to one instrument; one
 * that is an object is shared by those that name it, each with members of its own, all nullable.
 *
 * @example
 * { stability: z.object({ sharpness: real }).nullable() }
 * { hessian: z.object({ trace: estimate.nullable() }) }
 */
export type Part = z.ZodRawShape;

export type OutputOf<P extends Part> = { [K in keyof P]: z.output<P[K]> };

interface Owner {
  readonly name: string;
  readonly part: Part;
}

type ToIntersection<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;

/** All parts in one object; of a shared key, the members of all. */
export type Merged<Owners extends readonly Owner[]> = ToIntersection<
  { [I in keyof Owners]: OutputOf<Owners[I]["part"]> }[number]
>;

/**
 * The schema of a result with all parts between what stands first and last in it: of the parts, what is missing reads as
 * null, and what is known of their numbers (`about`) says whose they are.
 *
 * @throws internal error `part-taken` where two instruments own one key
 */
export function mergeParts<First extends z.ZodObject, const Owners extends readonly Owner[], Last extends z.ZodObject>(
  first: First,
  owners: Owners,
  last: Last,
): z.ZodType<z.output<First> & Merged<Owners> & z.output<Last>>;
export function mergeParts(first: z.ZodObject, owners: readonly Owner[], last: z.ZodObject): z.ZodType {
  const taken = owners.flatMap(({ name, part }) =>
    Object.keys(part).flatMap((key) => (key in first.shape || key in last.shape ? [{ name, key }] : [])),
  );
  if (taken.length > 0) throw partTaken(taken[0].key, `the instrument ${taken[0].name} and every result`);
  const whole = z.object({ ...first.shape, ...mergedShape(owners), ...last.shape });
  const members = aboutOf(first)?.members;
  return members === undefined ? whole : about(whole, { members });
}

/** The fields of {@link mergeParts}, in the order in which they are first named. */
function mergedShape(owners: readonly Owner[]): Part {
  const entries = owners.flatMap(({ name, part }) =>
    Object.entries(part).map(([key, schema]) => ({ key, name, schema })),
  );
  const keys = [...new Set(entries.map(({ key }) => key))];
  return Object.fromEntries(
    keys.map((key) => {
      const all = entries.filter((each) => each.key === key);
      const shared = all.flatMap(({ name, schema }) => (schema instanceof z.ZodObject ? [{ name, schema }] : []));
      if (shared.length === all.length) return [key, sharedBy(shared)];
      const [{ name, schema }, other] = all;
      if (other === undefined) return [key, ownedBy(name, schema)];
      throw partTaken(key, `the instruments ${name} and ${other.name}`);
    }),
  );
}

function partTaken(key: string, owners: string): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "part-taken",
    message: `"${key}" in the result is owned twice: by ${owners}.`,
  });
}

function ownedBy(instrument: string, schema: z.core.$ZodType): z.ZodType {
  const own = z.nullish(schema);
  return about(schema instanceof z.ZodDefault ? schema : own.default(null), { instrument });
}

/** An object with the members of all; what each says of its numbers is said with the values of all at hand. */
function sharedBy(owners: readonly { readonly name: string; readonly schema: z.ZodObject }[]): z.ZodType {
  const object = z.object(mergedShape(owners.map(({ name, schema }) => ({ name, part: schema.shape }))));
  const said = owners.flatMap(({ schema }) => aboutOf(schema)?.members ?? []);
  const members = (value: unknown, whole: unknown) =>
    said.reduce<ReturnType<(typeof said)[number]>>((all, each) => ({ ...all, ...each(value, whole) }), {});
  return about(object, { members }).default(() => object.parse({}));
}

/**
 * What an instrument measured as its part of a file. Where it was cut off, what has numbers: before its first sample an
 * estimate is none.
 *
 * @returns undefined where nothing is known
 * @throws internal error `not-a-number` where it was not cut off and a number is none all the same
 */
export function encodePart<P extends Part>(
  part: P,
  values: z.output<z.ZodObject<P>>,
  isWhole: boolean,
): Record<string, unknown> | undefined {
  const schema = z.object(part);
  const place = nonFiniteIn(schema, values);
  const encoded: Record<string, unknown> = { ...z.encode(schema, values) };
  if (place === undefined) return encoded;
  if (isWhole) throw notANumber(place);
  return knownOf(part, values, encoded);
}

/** A number that is none is no measurement, whatever made it. */
export function notANumber(place: string): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "not-a-number",
    message: `"${place}" came out as NaN or ∞, so nothing of this measurement is reported.`,
  });
}

function knownOf(shape: Part, values: object, encoded: object): Record<string, unknown> | undefined {
  const json = new Map<string, unknown>(Object.entries(encoded));
  const known = Object.entries(values).flatMap(([key, value]: [string, unknown]) => {
    const schema = shape[key];
    const inner = json.get(key);
    if (schema instanceof z.ZodObject && isRecord(value) && isRecord(inner)) {
      const members = knownOf(schema.shape, value, inner);
      return members === undefined ? [] : [[key, members] as const];
    }
    return nonFiniteIn(schema, value) === undefined ? [[key, inner] as const] : [];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

/** Two parts, or two halves of one, as a file holds them; of a key that is shared, the members of both. */
export function joinParts(
  parts: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const joined = Object.entries(more).map(([key, value]) => {
    const before = parts[key];
    return [key, isRecord(before) && isRecord(value) ? { ...before, ...value } : value] as const;
  });
  return { ...parts, ...Object.fromEntries(joined) };
}
