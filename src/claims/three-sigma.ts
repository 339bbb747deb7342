import { studentTQuantile } from "../linalg/distributions.ts";

/** Φ(3). */
const PROBABILITY = 0.99865010196837;

/**
 * How far a mean of so many samples may be from what it is the mean of, as rarely missed as three standard errors of many samples are:
 * of few, the standard error itself is not well known (Student 1908).
 *
 * @example
 * threeSigma(0.1, 1000); // 0.30
 * threeSigma(0.1, 5); // 0.66
 */
export function threeSigma(standardError: number, samples: number): number {
  return studentTQuantile(PROBABILITY, samples - 1) * standardError;
}
