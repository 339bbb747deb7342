import { z } from "zod";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Options } from "./setting.ts";
import { flagOf } from "../util/kebab.ts";

/** Who has parameters: an instrument, with those of whatever it needs; an experiment. */
export interface Speaker {
  readonly name: string;
  /** Each under its own word; two of one schema are one. */
  readonly words: readonly Word[];
}

export type Word = readonly [key: string, schema: z.core.$ZodType];

/** The parameters of an object as words. */
export function wordsOf({ shape }: z.ZodObject): Word[] {
  return Object.entries(shape);
}

/**
 * The parameters of several speakers, flat. A word that means one thing stands for itself. Where speakers mean different
 * things by it, each is named after the first that has it, `lines` and `points` as `linesPoints`, and the word alone is
 * refused, whoever says it: a flag, a file, a recorded option.
 *
 * @example
 * const words = new Vocabulary([{ name: "lines", words: wordsOf(own) }, { name: "surface", words: wordsOf(others) }]);
 * words.parameters; // the flags
 * words.read(own, { linesPoints: 3 }); // { points: 3 }
 */
export class Vocabulary {
  /** By name; a word with several meanings takes no value, and says what it might mean. */
  readonly parameters: z.ZodObject;
  /** The meanings of a word, with the names that they go by. */
  private readonly meanings: ReadonlyMap<string, ReadonlyMap<z.core.$ZodType, string>>;

  /** @throws internal error `word-taken` where one speaker means two things by a word */
  constructor(speakers: readonly Speaker[]) {
    const meanings = new Map<string, Map<z.core.$ZodType, string>>();
    for (const { name, words } of speakers) {
      for (const [key, schema] of words) {
        const known = meanings.get(key) ?? new Map<z.core.$ZodType, string>();
        meanings.set(key, known);
        if (known.has(schema)) continue;
        const full = nameOf(name, key);
        if ([...known.values()].includes(full)) throw taken(name, key);
        known.set(schema, full);
      }
    }
    this.meanings = meanings;
    const entries = [...meanings].flatMap(([key, known]): Word[] => {
      if (known.size === 1) return [...known].map(([schema]) => [key, schema]);
      const names = [...known.values()];
      return [[key, ambiguous(names)], ...[...known].map(([schema, full]): Word => [full, schema])];
    });
    const clash = entries.find(([key], i) => entries.some(([other], j) => j < i && other === key));
    if (clash !== undefined) throw taken("several", clash[0]);
    this.parameters = z.object(Object.fromEntries(entries));
  }

  /**
   * The values of parameters that a speaker owns, from options under the names that they go by here.
   *
   * @throws usage error `ambiguous-parameter` for a word that means several things
   */
  read<P extends z.ZodObject>(parameters: P, options: Options): z.output<P> {
    const own = wordsOf(parameters).map(([key, schema]) => {
      const known = this.meanings.get(key);
      const full = known?.get(schema);
      if (full !== undefined && options[full] !== undefined) return [key, options[full]];
      if (known !== undefined && known.size > 1 && options[key] !== undefined)
        throw severalMeanings(key, [...known.values()]);
      return [key, options[key]];
    });
    return parameters.parse(Object.fromEntries(own));
  }
}

/** Stands for a word that means several things: `flag.ts` refuses a value for it, and says which. */
function ambiguous(names: readonly string[]): z.ZodType {
  return z
    .any()
    .optional()
    .meta({ ambiguous: [...names], description: "means several things" });
}

export function severalMeanings(key: string, names: readonly string[]): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "ambiguous-parameter",
    message: `${flagOf(key)} means several things here: ${names.map(flagOf).join(", ")}.`,
    hint: "Say which.",
  });
}

/** "gauss-newton" and "top" as "gaussNewtonTop". */
function nameOf(speaker: string, key: string): string {
  const [first, ...others] = `${speaker}-${key}`.split("-");
  return first + others.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
}

function taken(speaker: string, key: string): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "word-taken",
    message: `"${key}" stands for two parameters of one speaker (${speaker}): one of them needs another name.`,
  });
}
