import type { z } from "zod";
import type { Problem } from "../problem/problem.ts";

/** Values of parameters by name; missing ones take their defaults. */
export type Options = Readonly<Record<string, unknown>>;

/** What is known before anything is computed: what plans are made from, and what a computation may depend on. */
export interface Setting {
  readonly problem: Problem;
  /** Whether the time is limited: what matters most then comes first, by itself. */
  readonly hasBudget: boolean;
  /** Whether something in this run asks for that quantity. */
  wants(quantity: object): boolean;
  /** The values of the parameters that a quantity owns. */
  parametersOf<Parameters extends z.ZodObject>(owner: { readonly parameters: Parameters }): z.output<Parameters>;
}
