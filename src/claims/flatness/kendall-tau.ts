/** A rank correlation, and how far chance alone takes it from 0. */
interface RankCorrelation {
  readonly value: number;
  /** Of lists that know nothing of each other. */
  readonly standardError: number;
}

/**
 * Kendall's τ of two lists without ties: pairs in the same order less pairs in the other, over all pairs; of independent lists its
 * mean is 0 and its variance 2(2n + 5)/9n(n − 1) (Kendall 1938).
 *
 * @example
 * kendallTau([1, 2, 3], [10, 30, 20]); // { value: 1/3, standardError: 0.638 }
 */
export function kendallTau(a: ArrayLike<number>, b: ArrayLike<number>): RankCorrelation {
  const n = a.length;
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += Math.sign(a[i] - a[j]) * Math.sign(b[i] - b[j]);
  return {
    value: sum / ((n * (n - 1)) / 2),
    standardError: Math.sqrt((2 * (2 * n + 5)) / (9 * n * (n - 1))),
  };
}
