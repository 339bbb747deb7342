import { z } from "zod";

/**
 * A number of a result with everything that its errors say: the true one lies between `value − below − sampled.below`
 * and `value + above + sampled.above`.
 */
export interface Known {
  readonly value: number;
  /** What rounding, a residual, or a search that ended early leaves: bounds, no standard deviations; ∞ where there is none. */
  readonly below: number;
  readonly above: number;
  /** Half-widths of the 95 % interval of what was sampled; 0 where nothing was. */
  readonly sampled: { readonly below: number; readonly above: number; readonly over: SampledOver };
  /** A comparison with a threshold decides it (a count of units), so that rounding does not move it a little but by one. */
  readonly counted: boolean;
  /** Whether it holds also where its section ran out of time: it is exact, or says by itself whether it converged. */
  readonly settled: boolean;
  /** Whether its bounds rest on a sample: a search for what was missed, or a norm that was sampled. */
  readonly restsOnSample: boolean;
  /** Whether the result states an error at all. */
  readonly stated: boolean;
  /** Why nothing may rest on it. */
  readonly doubt?: string;
  /** What it is a number of, where that depends on the run: two of other meaning are not compared. */
  readonly meaning?: string;
  /** Where zero ends for it: two are compared only where that is about the same. */
  readonly threshold?: number;
}

/** What an interval is about: the estimator's random probes, or the examples, which a run on the same data shares. */
export type SampledOver = "probes" | "examples";

interface Range {
  readonly lower: number;
  readonly upper: number;
}

const NOT_SAMPLED = { below: 0, above: 0, over: "probes" } as const;

/**
 * Standard errors in the half-width of a 95 % interval, where a result has no interval: Student's t with 15 degrees of
 * freedom, for no estimate has fewer than 16 samples unless it was asked to.
 */
const STANDARD_ERRORS = 2.131;

/** A number whose result states no error. */
export function unstated(value: number): Known {
  return {
    value,
    below: 0,
    above: 0,
    sampled: NOT_SAMPLED,
    counted: false,
    settled: false,
    restsOnSample: false,
    stated: false,
  };
}

/** A number that is at most `error` off, on either side; null where the result does not say how far. */
export function within(value: number, error: number | null | undefined): Known {
  if (error === null || error === undefined || Number.isNaN(error)) return unstated(value);
  return { ...unstated(value), below: error, above: error, stated: true };
}

/** Whole things that were counted on the data, all of them. */
export function counted(value: number): Known {
  return { ...unstated(value), stated: true, counted: true, settled: true };
}

/** A number that the true one is not smaller than. */
export function atLeast(value: number): Known {
  return { ...unstated(value), above: Number.POSITIVE_INFINITY, stated: true };
}

/** A number between bounds. */
export function between(value: number, { lower, upper }: Range): Known {
  return { ...unstated(value), below: value - lower, above: upper - value, stated: true };
}

/** A number with a 95 % interval, and what rounding adds to it. */
export function sampled(value: number, { lower, upper }: Range, rounding = 0, over: SampledOver = "probes"): Known {
  return {
    ...within(value, rounding),
    // A value that lies outside, as a clipped one may, has no error on that side.
    sampled: { below: Math.max(0, value - lower), above: Math.max(0, upper - value), over },
  };
}

/** A number with a standard error and no interval. */
export function deviating(value: number, standardError: number | null | undefined): Known {
  if (standardError === null || standardError === undefined) return unstated(value);
  const half = STANDARD_ERRORS * standardError;
  return sampled(value, { lower: value - half, upper: value + half });
}

/** The same, whatever became of its section. */
export function settled(known: Known): Known {
  return { ...known, settled: true };
}

/** The same, with the reason why nothing may rest on it, where there is one. */
export function doubted(known: Known, doubt: string | undefined): Known {
  return doubt === undefined ? known : { ...known, doubt };
}

/**
 * What a result, as its file holds it, has under the keys of a shape; undefined where it does not have that form. For
 * numbers whose errors are elsewhere in it.
 */
export function partOf<S extends z.ZodRawShape>(whole: unknown, shape: S): z.output<z.ZodObject<S>> | undefined {
  return z.object(shape).safeParse(whole).data;
}

/** What a schema says of the numbers that it describes. */
interface About {
  /** As a person calls it. */
  readonly title?: string;
  /** The instrument in whose section the numbers are. */
  readonly instrument?: string;
  /** The key that tells the elements of a list apart; `name` where it is not said, then the position. */
  readonly key?: string;
  /** Whether that is a path: the elements are called by what is below the folder that all of them share. */
  readonly keyIsPath?: boolean;
  /** It tells how others were measured, repeats one of them, or is a curve: it is not compared. */
  readonly aside?: boolean;
  /** An object that is one number with its errors. */
  readonly known?: (value: z.core.$output) => Known;
  /**
   * Numbers right inside an object, where their errors are elsewhere: in `whole`, the result as its file holds it
   * ({@link partOf}). A list for a list of numbers with errors.
   */
  readonly members?: (
    value: z.core.$output,
    whole: unknown,
  ) => Readonly<Record<string, Known | readonly Known[] | undefined>>;
}

const ABOUT = z.registry<About>();

/**
 * A schema with what it says of its numbers; whatever is derived from it (described, clipped) says the same.
 *
 * @example
 * about(real, { title: "Loss" }).describe("…");
 */
export function about<S extends z.ZodType>(schema: S, what: z.core.$replace<About, S>): S {
  const own = schema.clone();
  ABOUT.add(own, what);
  return own;
}

/** A schema whose numbers are not compared. */
export function aside<S extends z.ZodType>(schema: S): S {
  const own = schema.clone();
  ABOUT.add<z.ZodType>(own, { aside: true });
  return own;
}

/** What a schema says of its numbers. */
export function aboutOf(schema: z.core.$ZodType): z.core.$replace<About, z.core.$ZodType> | undefined {
  return ABOUT.get(schema);
}
