import { normalize } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";

/**
 * Share of the random part in a start from known vectors: small beside what they have in common with the vectors that are
 * looked for, large enough that a bound on what it misses costs a few steps more (ln 10 / 2√ε).
 */
const RANDOM_SHARE = 0.1;

/** A unit vector to start a Krylov space from. */
export interface Start {
  readonly vector: Float64Array;
  /** The standard deviation of its component along any direction that was fixed before it was drawn. */
  readonly deviation: number;
}

/**
 * s = w + c r, scaled to unit length: w the sum of known vectors, r random with ‖r‖ = 1 and c = 0.1; r alone where none
 * are known. The component of s along any fixed u is then Gaussian with deviation c/√n, about whatever mean w gives it.
 */
export function startNear(random: RandomStream, dimension: number, near: readonly Float64Array[]): Start {
  const vector = new Float64Array(dimension);
  for (const each of near) for (let i = 0; i < dimension; i++) vector[i] += each[i];
  const isKnown = normalize(vector) > 0;
  const drawn = random.normalVector(dimension);
  normalize(drawn);
  const share = isKnown ? RANDOM_SHARE : 1;
  for (let i = 0; i < dimension; i++) vector[i] += share * drawn[i];
  const length = normalize(vector);
  return { vector, deviation: share / (length * Math.sqrt(dimension)) };
}

/** What a Krylov space from one vector has shown: its Ritz values, and ln ‖p(A)s‖ for p(λ) = Π (λ − θᵢ). */
export interface Evidence {
  readonly values: Float64Array;
  readonly logLength: number;
}

/** @param jacobi of a space that was never restarted; `least` stands for a coupling that rounding hides */
export function evidenceOf(
  values: Float64Array,
  { offDiagonal, last }: { readonly offDiagonal: Float64Array; readonly last: number },
  least: number,
): Evidence {
  const logLength = [...offDiagonal, last].reduce((sum, each) => sum + Math.log(Math.max(Math.abs(each), least)), 0);
  return { values, logLength };
}

/**
 * The probability that an eigenvalue at μ or further out is there and was not seen by a space from a start with a random part.
 *
 * With p(λ) = Π (λ − θᵢ) over all Ritz values, ‖p(A)s‖ = β₁ β₂ … βⱼ: the component of s along the eigenvector u of μ is at
 * most B = β₁ … βⱼ / Π |μ − θᵢ|, which is less the further out μ lies. That component is Gaussian about some mean with
 * deviation σ, and a Gaussian is within ±B of 0 with probability at most √(2/π) B/σ, whatever its mean (Anderson 1955). Unlike
 * the bound of Kuczyński & Woźniakowski (1992), which holds for the worst spectrum, it knows the one that was met.
 */
export function chanceUnseen({ values, logLength }: Evidence, mu: number, deviation: number): number {
  // An invariant space: nothing else has a part in the start.
  if (logLength === Number.NEGATIVE_INFINITY) return 0;
  let log = logLength;
  for (const value of values) log -= Math.log(Math.abs(mu - value));
  return Math.min(1, (Math.sqrt(2 / Math.PI) * Math.exp(log)) / deviation);
}
