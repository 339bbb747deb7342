import { z } from "zod";
import { expectationOf } from "../util/expectation-of.ts";
import { kebab, flagOf } from "../util/kebab.ts";
import { keptBy } from "../util/kept-by.ts";
import { severalMeanings } from "../quantities/vocabulary.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { didYouMean } from "../util/suggest.ts";
import { uncapitalized } from "../util/capitalized.ts";

/** A flag of the command line, as its zod type describes it. */
export interface Flag {
  /** The property's name: batchSize. */
  readonly key: string;
  /** As it is typed: --batch-size. */
  readonly name: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly placeholder: string;
  readonly group: string | undefined;
  /** Takes no value. */
  readonly toggle: boolean;
  /** A toggle that is on unless --no-… is given. */
  readonly negated: boolean;
  readonly numeric: boolean;
  readonly repeatable: boolean;
  readonly choices: readonly string[] | undefined;
  readonly default: unknown;
  /** The flags that it may stand for, where it is a word that means several things: it takes no value. */
  readonly ambiguous: readonly string[] | undefined;
}

/** The part of JSON Schema that parameter types use. */
const propertySchema = z.object({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.object({ type: z.string().optional(), const: z.unknown().optional() })).optional(),
  items: z.object({ type: z.string().optional(), enum: z.array(z.unknown()).optional() }).optional(),
  default: z.unknown().optional(),
  // What a flag says about itself through `.meta({...})`. The placeholder is the value's name in help (FILE, N),
  // short is one letter, the group its heading.
  description: z.string().optional(),
  placeholder: z.string().optional(),
  short: z.string().optional(),
  group: z.string().optional(),
  ambiguous: z.array(z.string()).optional(),
});

const objectSchema = z.object({ properties: z.record(z.string(), propertySchema).default({}) });

/**
 * The flags of a set of parameters: one for each property of a zod object. So instruments declare
 * their parameters once, and command line, help and configuration files follow.
 *
 * @example
 * flagsOf(z.object({ batchSize: z.int().min(1).optional().meta({ description: "…" }) }))[0].name; // "--batch-size"
 */
export function flagsOf(parameters: z.ZodObject): readonly Flag[] {
  return kept(parameters, () => derived(parameters));
}

const kept = keptBy<readonly Flag[]>();

function derived(parameters: z.ZodObject): Flag[] {
  const { properties } = objectSchema.parse(z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" }));
  return Object.entries(properties).map(([key, property]) => {
    const repeatable = property.type === "array" || (property.anyOf ?? []).some(({ type }) => type === "array");
    const value = repeatable ? (property.items ?? {}) : property;
    const types = [value.type, ...(property.anyOf ?? []).map(({ type }) => type)];
    const toggle = value.type === "boolean";
    const negated = toggle && property.default === true;
    const numeric = types.includes("number") || types.includes("integer");
    return {
      key,
      name: negated ? `--no-${kebab(key)}` : flagOf(key),
      short: property.short,
      ...described(property.description ?? "", property.placeholder ?? (numeric ? "N" : "VALUE"), value.enum),
      group: property.group,
      toggle,
      negated,
      numeric,
      repeatable,
      choices: value.enum?.map(String),
      default: property.default,
      ambiguous: property.ambiguous,
    };
  });
}

/** Longer lists of choices move from the placeholder to the description. */
const INLINE_CHOICES = 18;

function described(
  description: string,
  placeholder: string,
  choices: readonly unknown[] | undefined,
): Pick<Flag, "description" | "placeholder"> {
  if (choices === undefined) return { description, placeholder };
  const inline = choices.join("|");
  return inline.length <= INLINE_CHOICES
    ? { description, placeholder: inline }
    : { description: `${description}: ${choices.join(", ")}`, placeholder: "NAME" };
}

/** What was typed, or stood in a configuration file, by property. */
export type RawFlags = Readonly<Record<string, unknown>>;

/**
 * Typed values of the flags. Text from the command line is turned into numbers where the type asks
 * for them; everything else is the zod type's business.
 *
 * @throws ThalwegError `bad-flag`
 */
export function readFlags<S extends z.ZodObject>(parameters: S, raw: RawFlags): z.output<S> {
  const flags = flagsOf(parameters);
  const unclear = flags.find(({ key, ambiguous }) => ambiguous !== undefined && raw[key] !== undefined);
  if (unclear !== undefined) throw severalMeanings(unclear.key, unclear.ambiguous ?? []);
  const given = Object.fromEntries(
    flags.filter(({ key }) => raw[key] !== undefined).map((flag) => [flag.key, coerce(flag, raw[flag.key])]),
  );
  const parsed = parameters.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const flag = flags.find(({ key }) => key === issue.path[0]);
  if (flag === undefined) throw new ThalwegError({ kind: "usage", code: "bad-flag", message: `${issue.message}.` });
  const value = raw[flag.key];
  const shown = Array.isArray(value) ? value.join(" ") : String(value);
  if (value === undefined) {
    throw new ThalwegError({
      kind: "usage",
      code: "missing-flag",
      message: `${flag.name} ${flag.placeholder} is needed: ${uncapitalized(flag.description)}.`,
    });
  }
  throw new ThalwegError({
    kind: "usage",
    code: "bad-flag",
    message: `${flag.name} is "${shown}"; ${flag.choices ? `it must be one of ${flag.choices.join(", ")}` : expectationOf(issue)}.`,
    hint: flag.choices && didYouMean(shown, flag.choices),
  });
}

function coerce(flag: Flag, value: unknown): unknown {
  if (flag.repeatable) {
    const items: unknown[] = Array.isArray(value) ? value : [value];
    return items.flatMap(listed).map((item) => coerceOne(flag, item));
  }
  return coerceOne(flag, value);
}

/** A list is typed with commas, or its flag repeated, or both; `\\,` is a comma that belongs to a name. */
function listed(item: unknown): unknown[] {
  if (typeof item !== "string") return [item];
  return item.split(/(?<!\\),/).map((part) => part.trim().replaceAll("\\,", ","));
}

function coerceOne(flag: Flag, value: unknown): unknown {
  if (!flag.numeric || typeof value !== "string" || value.trim() === "") return value;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}
