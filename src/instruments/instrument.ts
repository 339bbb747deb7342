import { z } from "zod";
import type { FigureKind } from "../figures/figure.ts";
import type { Work } from "../problem/work.ts";
import type { Problem } from "../problem/problem.ts";
import type { Reading } from "../result/section.ts";
import type { BaseNumbers } from "./base-numbers.ts";
import type { Question } from "./judge-verdict.ts";
import type { Desk } from "../quantities/desk.ts";
import { wordsOfNeeds } from "../quantities/needed-quantities.ts";
import { needsOf, quantitiesIn, type Need, type Needs } from "../quantities/quantity.ts";
import type { Options, Setting } from "../quantities/setting.ts";
import { Vocabulary, type Word, wordsOf } from "../quantities/vocabulary.ts";
import { encodePart, type Merged, type OutputOf, type Part } from "./part.ts";

/** A text of the report, with the measured numbers filled in where they help. */
export type Text<Result> = string | ((result: Result) => string);

/**
 * What an instrument says of itself and of its numbers. A `Result` holds what every run has, its own part, and the parts
 * that it `reads`; what was not measured is null.
 */
interface Description<P extends Part, Result> {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly title: string;
  /** What it puts into the result. */
  readonly part: P;
  /** What the numbers are. */
  readonly measures: Text<Result>;
  /** How to read them. */
  readonly means: Text<Result>;
  /** The conclusion that they do not support. */
  readonly doesNotMean: Text<Result>;
  /** What to do next. */
  readonly tryNext: Text<Result>;
  /** Whether every run has its numbers before any instrument begins, so that no budget is too short for it. */
  readonly isKnown?: boolean;
  /** How its numbers are drawn. */
  readonly figures?: readonly FigureKind<Result>[];
  /** The numbers, line by line, as report and command line show them; undefined where there is none to show. */
  readings(result: Result): (Reading | undefined)[];
  /** What is to be judged, with the numbers that it rests on; asked only after a successful run, when all is measured. */
  verdicts(result: Result): Question[];
  /**
   * What was given that it is there for, as the flag that gives it; undefined where nothing was: it is then no part of a
   * run, unless it is named in --only. A part of every run when absent.
   */
  askedBy?(problem: Problem): string | undefined;
  /** Why it cannot be used on this problem, with what was chosen where that counts, or undefined when it can. */
  notFor?(problem: Problem, setting?: Setting): string | undefined;
}

interface Standing {
  readonly converged: boolean;
  /** Why it did not converge, or what it left out. */
  readonly reason?: string;
}

interface Definition<P extends Part, Reads extends readonly Part[], Parameters extends z.ZodObject> extends Description<
  P,
  Seen<P, Reads>
> {
  /** The parts of other instruments that its readings, verdicts, texts and figures look at. */
  readonly reads?: Reads;
  /** Its own; those of the quantities that it needs come to them. Every field has a default and a description. */
  readonly parameters: Parameters;
  /** What it asks the desk for: computed, and counted in plans, once, whoever else needs it. */
  readonly needs?: Needs;
  /** Expected matrix–vector products besides those of what it needs, for plans and --dry-run; none when absent. */
  cost?(setting: Setting, parameters: z.output<Parameters>): number;
  /** What it takes besides these products and what it needs; nothing when absent. */
  besides?(setting: Setting, parameters: z.output<Parameters>): Work;
  /** Bytes of the large arrays that it works with besides those of what it needs; none when absent. */
  bytes?(setting: Setting, parameters: z.output<Parameters>): number;
  run(desk: Desk, parameters: z.output<Parameters>): Promise<Standing & { readonly parts: z.output<z.ZodObject<P>> }>;
}

/** What an instrument sees of a result. */
type Seen<P extends Part, Reads extends readonly Part[]> = BaseNumbers & OutputOf<P> & PartsOf<Reads>;

type PartsOf<Reads extends readonly Part[]> = Reads extends readonly []
  ? unknown
  : Merged<{ [I in keyof Reads]: { readonly name: string; readonly part: Reads[I] } }>;

/** What one instrument hands back. */
export interface Measured extends Standing {
  /** Its part as a file holds it; undefined where it was cut off before it had a number. */
  readonly part: Readonly<Record<string, unknown>> | undefined;
}

/** One measurement: what it is, what it costs, what it says. Options are validated before they are used. */
export interface Instrument<P extends Part, Result> extends Description<P, Result> {
  /** Its own, and those of whatever it may need: each is a flag of the command line. */
  readonly parameters: z.ZodObject;
  /** The same, each under its own word. */
  readonly words: readonly Word[];
  readonly needs: readonly Need[];
  cost(setting: Setting): number;
  /** What it takes besides these products. */
  besides(setting: Setting): Work;
  bytes(setting: Setting): number;
  run(desk: Desk): Promise<Measured>;
}

/** Values of the instruments' parameters by name; missing ones take their defaults. */
export type ProfileOptions = Options;

/** Declares an instrument; `parameters` are parsed from the options of the run, which may hold those of others too. */
export function defineInstrument<
  P extends Part,
  Parameters extends z.ZodObject,
  const Reads extends readonly Part[] = readonly [],
>(definition: Definition<P, Reads, Parameters>): Instrument<P, Seen<P, Reads>> {
  const needs = needsOf(definition.needs ?? []);
  const declared = { name: definition.name, needs: quantitiesIn(needs) };
  const words = [...wordsOfNeeds(needs), ...wordsOf(definition.parameters)];
  return {
    ...definition,
    needs,
    words,
    parameters: new Vocabulary([{ name: definition.name, words }]).parameters,
    cost: (setting) => definition.cost?.(setting, setting.parametersOf(definition)) ?? 0,
    besides: (setting) => definition.besides?.(setting, setting.parametersOf(definition)) ?? {},
    bytes: (setting) => definition.bytes?.(setting, setting.parametersOf(definition)) ?? 0,
    run: async (desk) => {
      const own = desk.of(desk.account, declared);
      const { parts, ...standing } = await definition.run(own, desk.parametersOf(definition));
      return { ...standing, part: encodePart(definition.part, parts, standing.converged) };
    },
  };
}

export function textOf<Result>(text: Text<Result>, result: Result): string {
  return typeof text === "string" ? text : text(result);
}
