import { normalize } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import type { Product } from "../../problem/derivatives/derivative.ts";
import type { Work } from "../../problem/work.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { FloatType } from "../../util/tensor.ts";
import type { RunContext } from "../../util/run-context.ts";

/** What a check works with. */
export interface CheckBench {
  readonly problem: Problem;
  /** The same problem in the finest arithmetic that its device has, which may be `problem` itself. */
  readonly oracle: Problem;
  readonly random: RandomStream;
  readonly context: RunContext;
  readonly gradient: Float64Array;
  /** Unit roundoff of `problem`. */
  readonly roundoff: number;
}

/** What a check found, where it is more than a number. */
export interface Measurement {
  readonly measured: number;
  /** What was done, in sentences. */
  readonly detail: string;
  /** The largest value that passes, where it is not the check's own. */
  readonly limit?: number;
  /** Whether nothing could be decided. */
  readonly undecided?: boolean;
}

export interface CheckDefinition {
  readonly name: string;
  readonly title: string;
  /** What is compared with what, in one sentence. */
  readonly detail: string;
  /** Largest measured value that passes, in float32 and in float64. */
  readonly limit: { readonly float32: number; readonly float64: number };
  notFor?(problem: Problem): string | undefined;
  /** Where all goes well. */
  cost(problem: Problem): Work;
  /** Large arrays that it holds at its peak, in bytes, with the points that it opens. */
  bytes(problem: Problem): number;
  /** A relative error. */
  measure(bench: CheckBench): Promise<number | Measurement>;
}

export function roundoffOf(precision: FloatType): number {
  return precision === "float64" ? 2 ** -53 : 2 ** -24;
}

/** Lengths that float32 may flush to 0 on the way: a probability e⁻¹⁰⁴ is none there, and what is made of it is 0. */
export const FLUSHED = 2 ** -110;

export function unit(random: RandomStream, dimension: number): Float64Array {
  const vector = random.normalVector(dimension);
  normalize(vector);
  return vector;
}

export async function multiply(bench: CheckBench, product: Product, vector: Float64Array): Promise<Float64Array> {
  const [image] = await bench.problem.point.product(product, [vector], bench.context);
  return image;
}

/** |a − b| relative to a size; 0 where both are 0. */
export function relative(error: number, size: number): number {
  return error === 0 ? 0 : error / size;
}
