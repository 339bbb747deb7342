import type { z } from "zod";
import type { Objective } from "../optimizers/objective.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { readOptions } from "../util/options.ts";

/** A point without slope. */
export interface CriticalPoint {
  readonly at: Float64Array;
  /** Degenerate: the Hessian decides nothing there. */
  readonly kind: "minimum" | "saddle" | "maximum" | "degenerate";
}

/** What a walk is to bring about. */
export interface Goal {
  /** After "until": "|y| ≥ ½". */
  readonly says: string;
  /** Whether it is to settle somewhere, or to get away from somewhere. */
  readonly kind: "settle" | "leave";
  isReached(x: Float64Array): boolean;
}

/** A function whose value, gradient and Hessian are known in closed form. */
export interface ToyFunction extends Objective {
  readonly goal: Goal;
  /** Those that are known: not always all. */
  readonly critical: readonly CriticalPoint[];
  /** A random place to begin at. */
  start(random: RandomStream): Float64Array;
}

interface Definition<Parameters extends z.ZodObject> {
  /** Unique; words after a colon, "saddle:monkey". */
  readonly name: string;
  /** Half a sentence. */
  readonly summary: string;
  /** In TeX. */
  readonly formula: string;
  /** Author and year, or what shows it. */
  readonly source: string;
  /** The first ones may be given without their names: "rosenbrock:100". */
  readonly parameters: Parameters;
  make(options: z.output<Parameters>): ToyFunction;
}

/** A function to walk on. */
export interface Toy extends Omit<Definition<z.ZodObject>, "make"> {
  /**
   * The function with its numbers; defaults for those that are not given.
   *
   * @throws ThalwegError `unknown-option`, `bad-option` of kind "usage"
   */
  with(options: object): ToyFunction;
}

/** Declares a toy. */
export function defineToy<Parameters extends z.ZodObject>(definition: Definition<Parameters>): Toy {
  const { name, summary, formula, source, parameters } = definition;
  return {
    name,
    summary,
    formula,
    source,
    parameters,
    with: (given) => definition.make(readOptions(name, parameters, given)),
  };
}
