import type { z } from "zod";
import type { Problem } from "../problem/problem.ts";
import type {
  AttributionPart,
  FlatnessPart,
  GradientPart,
  HessianPart,
  LayerPart,
  LinePart,
  NoisePart,
  ProfileResult,
  StabilityPart,
  SymmetryPart,
  UnitLayerPart,
} from "../result/profile-result.ts";
import type { Question } from "./judge-verdict.ts";
import type { Account } from "../quantities/account.ts";
import type { Desk } from "../quantities/desk.ts";
import { parametersOfNeeds } from "../quantities/needed-quantities.ts";
import { needsOf, quantitiesIn, type Need, type Needs } from "../quantities/quantity.ts";
import type { Options, Setting } from "../quantities/setting.ts";
import type { Reading } from "./reading.ts";

/** What instruments have measured so far; what is missing was not measured. */
export interface ProfileParts {
  readonly loss?: number;
  readonly lossRounding?: number | null;
  readonly accuracy?: number | null;
  readonly gradientNorm?: number;
  readonly gradient?: GradientPart;
  readonly hessian?: Partial<HessianPart>;
  readonly gaussNewton?: ProfileResult["gaussNewton"];
  readonly residual?: ProfileResult["residual"];
  readonly stability?: StabilityPart;
  readonly noise?: NoisePart;
  readonly flatness?: FlatnessPart;
  readonly symmetries?: SymmetryPart;
  readonly layers?: LayerPart[];
  readonly attribution?: AttributionPart[];
  readonly units?: UnitLayerPart[];
  readonly lines?: LinePart[];
}

/** What one instrument hands back. */
export interface Measured {
  readonly parts: ProfileParts;
  readonly converged: boolean;
  /** Why it did not converge, or what it left out. */
  readonly reason?: string;
}

/** A text of the report, with the measured numbers filled in where they help. */
export type Text = string | ((parts: ProfileParts) => string);

interface Description {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly title: string;
  /** What the numbers are. */
  readonly measures: Text;
  /** How to read them. */
  readonly means: Text;
  /** The conclusion that they do not support. */
  readonly doesNotMean: Text;
  /** What to do next. */
  readonly tryNext: Text;
  /** Whether every run has its numbers before any instrument begins, so that no budget is too short for it. */
  readonly isKnown?: boolean;
  /** The numbers, line by line, as report and command line show them; undefined where there is none to show. */
  readings(result: ProfileResult): (Reading | undefined)[];
  /** What is to be judged, with the numbers that it rests on; asked only after a successful run, when all parts are known. */
  verdicts(parts: ProfileParts): Question[];
  /** Why it cannot be used on this problem, or undefined when it can. */
  notFor?(problem: Problem): string | undefined;
}

interface Definition<Parameters extends z.ZodObject> extends Description {
  /** Its own; those of the quantities that it needs come to them. Every field has a default and a description. */
  readonly parameters: Parameters;
  /** What it asks the desk for: computed, and counted in plans, once, whoever else needs it. */
  readonly needs?: Needs;
  /** Expected matrix–vector products besides those of what it needs, for plans and --dry-run; none when absent. */
  cost?(setting: Setting, parameters: z.output<Parameters>): number;
  run(desk: Desk, parameters: z.output<Parameters>): Promise<Measured>;
}

/** One desk: what it is, what it costs, what it says. Options are validated before they are used. */
export interface Instrument extends Description {
  /** Its own, and those of whatever it may need: each is a flag of the command line. */
  readonly parameters: z.ZodObject;
  readonly needs: readonly Need[];
  cost(setting: Setting): number;
  /** @param account counts its products; the desk's own when absent */
  run(desk: Desk, account?: Account): Promise<Measured>;
}

/** Values of the instruments' parameters by name; missing ones take their defaults. */
export type ProfileOptions = Options;

/** Declares an instrument; `parameters` are parsed from the options of the run, which may hold those of others too. */
export function defineInstrument<Parameters extends z.ZodObject>(definition: Definition<Parameters>): Instrument {
  const needs = needsOf(definition.needs ?? []);
  const declared = { name: definition.name, needs: quantitiesIn(needs) };
  return {
    ...definition,
    needs,
    parameters: parametersOfNeeds(needs).extend(definition.parameters.shape),
    cost: (setting) => definition.cost?.(setting, setting.parametersOf(definition)) ?? 0,
    run: (desk, account = desk.account) => definition.run(desk.of(account, declared), desk.parametersOf(definition)),
  };
}

export function textOf(text: Text, parts: ProfileParts): string {
  return typeof text === "string" ? text : text(parts);
}
