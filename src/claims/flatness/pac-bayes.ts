import { norm2, plusMultiple } from "../../linalg/vector.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";

/** kl(q‖p) of two coins: q ln(q/p) + (1 − q) ln((1 − q)/(1 − p)). */
export function coinDivergence(q: number, p: number): number {
  const term = (a: number, b: number) => (a === 0 ? 0 : a * Math.log(a / b));
  return term(q, p) + term(1 - q, 1 - p);
}

/** (KL(Q‖P) + ln(2√n/δ))/n, which kl(L̂_Q‖L_Q) exceeds with probability δ at most, for all Q at once (Maurer 2004, for n of 8 or more). */
export function maurerBound(divergence: number, n: number, delta: number): number {
  return (divergence + Math.log((2 * Math.sqrt(n)) / delta)) / n;
}

interface Guessing {
  readonly classifiers: number;
  readonly examples: number;
  /** Q ∝ exp(−sharpness · wrong guesses). */
  readonly sharpness: number;
}

/** What a posterior that was chosen on data amounts to. */
export interface Chosen {
  /** L̂_Q: share of wrong guesses on the data. */
  readonly error: number;
  /** KL(Q‖P), P uniform. */
  readonly divergence: number;
}

/**
 * Classifiers that guess, each independently: of every one the error is ½, and what Q finds in a data set is chance. Cost: a uniform
 * number for each classifier.
 */
export function chosenGuesses({ classifiers, examples, sharpness }: Guessing, random: RandomStream): Chosen {
  const counts = countsOfHeads(examples);
  const wrong = Float64Array.from({ length: classifiers }, () => counts(random.uniform()));
  const least = wrong.reduce((a, b) => Math.min(a, b));
  const weights = wrong.map((each) => Math.exp(-sharpness * (each - least)));
  const total = weights.reduce((a, b) => a + b);
  let [error, divergence] = [0, 0];
  wrong.forEach((each, k) => {
    const q = weights[k] / total;
    error += (q * each) / examples;
    if (q > 0) divergence += q * Math.log(q * classifiers);
  });
  return { error, divergence };
}

/** Heads of n fair coins, by the inverse of their distribution. */
function countsOfHeads(n: number): (uniform: number) => number {
  const below = new Float64Array(n + 1);
  let [chance, sum] = [2 ** -n, 0];
  for (let k = 0; k <= n; k++) {
    sum += chance;
    below[k] = sum;
    chance *= (n - k) / (k + 1);
  }
  return (uniform) => {
    const found = below.findIndex((each) => uniform < each);
    return found < 0 ? n : found;
  };
}

/** A minimum, and where the prior is. */
interface Prior {
  readonly loss: Objective;
  readonly home: Float64Array;
  readonly from: Float64Array;
  readonly examples: number;
}

/** Times that the interval of ln σ loses a third. */
const THIRDS = 40;

/**
 * What Gaussian weights cost at best: the least over σ of the mean of L(w + σε) − L(w) over given ε, plus KL/n,
 * KL = ‖w − w₀‖²/2σ². Cost: a value for each ε and each of 80 σ.
 */
export function leastPenalty({ loss, home, from, examples }: Prior, noise: readonly Float64Array[]): number {
  const least = loss.value(home);
  const distance = norm2(home.map((w, i) => w - from[i]));
  const penalty = (logSigma: number) => {
    const sigma = Math.exp(logSigma);
    const risen = noise.reduce((sum, e) => sum + loss.value(plusMultiple(home, sigma, e)) - least, 0);
    return risen / noise.length + distance ** 2 / (2 * sigma ** 2 * examples);
  };
  let [low, high] = [Math.log(1e-4), Math.log(1e2)];
  for (let i = 0; i < THIRDS; i++) {
    const third = (high - low) / 3;
    if (penalty(low + third) < penalty(high - third)) high -= third;
    else low += third;
  }
  return penalty((low + high) / 2);
}
