import type { RandomStream } from "../../random/random-stream.ts";

/** The diagonal and what stands beside it of a symmetric tridiagonal matrix. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
}

/**
 * A tridiagonal matrix with the eigenvalues, in law, of an n × n matrix of the GOE as {@link goe} draws it, and with the first
 * components, squared, of its eigenvectors: diagonal √2 N(0, 1)/√n, beside it χ₍ₙ₋₁₎, χ₍ₙ₋₂₎, …, χ₁, over √n (Trotter 1984;
 * Dumitriu & Edelman 2002, theorem 2.1). The reflections that lead to it leave the first vector, so that a matrix of
 * rank one put to it there is put to the GOE.
 *
 * @param rows the leading ones alone, n when absent: they have the largest eigenvalues to many digits from about 10 n^⅓
 *   on, as the vectors fall off like an Airy function (Edelman & Persson 2005)
 */
export function goeTridiagonal(n: number, random: RandomStream, rows = n): Tridiagonal {
  const scale = 1 / Math.sqrt(n);
  return {
    diagonal: Float64Array.from({ length: rows }, () => Math.SQRT2 * scale * random.normal()),
    offDiagonal: Float64Array.from({ length: rows - 1 }, (_, i) => scale * random.chi(n - 1 - i)),
  };
}
