import { norm2 } from "../linalg/vector.ts";
import type { FloatType } from "../util/tensor.ts";
import type { Computation } from "./computation.ts";
import { maxOf } from "../util/extremes.ts";

/*
 * Float32 holds numbers from 2⁻¹²⁶ to 2¹²⁸ with all their digits. What is linear in something that a graph is fed with may be
 * had outside of that, too: a power of two times as much rounds nothing, and is divided by in float64.
 */

/** The least positive number with all its digits: what is less may be rounded to 0. */
export function leastNormal(precision: FloatType): number {
  return precision === "float32" ? 2 ** -126 : 2 ** -1022;
}

/** The least length of a sum in float32 of which nothing that counts is too small. */
const LEAST = 2 ** -90;

/** log₂ of what is fed more, or less, where a sum is out of range. */
const STEP = 80;

/** log₂ of the size of what is fed, where each computation of a point has given numbers that are in range; 0: as it is asked. */
export type Exponents = Map<Computation, number>;

/** What is asked for once more where a sum is out of range. */
interface Scalable {
  readonly computation: Computation;
  readonly precision: FloatType;
  /** Of the point that it is computed at. */
  readonly exponents: Exponents;
  /** The sums, from a graph that is fed what is of the size 2^exponent, or for 0 as it is asked. */
  readonly run: (exponent: number) => Promise<Float64Array[]>;
}

/**
 * Sums in float32 of a graph that is linear in what it is fed with: where they are nearly 0, or one is not finite, those of
 * 2⁸⁰ or 2⁻⁸⁰ times as much, divided by that. What is 0 whatever it is fed with is asked for twice, unless other sums of the
 * same computation were in range: those of a matrix and other vectors.
 */
export async function inRange({ computation, precision, exponents, run }: Scalable): Promise<Float64Array[]> {
  const known = exponents.get(computation);
  const sums = await run(known ?? 0);
  if (precision !== "float32") return sums;
  const size = longest(sums);
  const isSmall = known === undefined && size < LEAST;
  if (Number.isFinite(size) && !isSmall) {
    exponents.set(computation, known ?? 0);
    return sums;
  }
  const exponent = (known ?? 0) + (isSmall ? STEP : -STEP);
  if (exponent < -STEP) return sums;
  const others = await run(exponent);
  const other = longest(others);
  if (other === 0 || !Number.isFinite(other)) return sums;
  exponents.set(computation, exponent);
  return others;
}

/** The greatest length; not finite where an element is not. */
function longest(vectors: readonly Float64Array[]): number {
  return maxOf(vectors.map(norm2));
}

/** The vector divided by a power of two that leaves its largest element near 1, and that power; 1 where there is none. */
export function normalized(vector: Float64Array): { readonly vector: Float64Array; readonly factor: number } {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]));
  const factor = largest > 0 && largest < Infinity ? 2 ** Math.round(Math.log2(largest)) : 1;
  return { vector: factor === 1 ? vector : vector.map((x) => x / factor), factor };
}
