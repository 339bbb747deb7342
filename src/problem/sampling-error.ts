import type { Sample } from "./sample.ts";

/**
 * The standard error of a loss over the draw of its examples: what the losses of other data of the same size scatter by
 * around that of all data there could be, as far as these examples show it. A mean is a ratio of sums over the examples,
 * Σℓᵢ/Σmᵢ with mᵢ terms in example i, so that it is √(Σ(ℓᵢ − Lmᵢ)² · k/(k−1)) / Σmᵢ of k examples (Cochran 1977, §6.4);
 * where the loss is a sum, it is that of the sum, √(k/(k−1) Σ(ℓᵢ − ℓ̄)²). Examples without a term have no part in it.
 *
 * Rests on examples that were drawn independently, and on weights that were chosen without them: for those that were
 * fitted to them it tells the scatter, and nothing of how far all of it lies below other data's.
 *
 * @param losses the loss of every example, undivided
 * @returns NaN for fewer than two examples with a term, and where a loss is not finite
 * @example
 * samplingError(Float64Array.of(1, 3), sample); // 1: the mean is 2, each is 1 off
 */
export function samplingError(losses: ArrayLike<number>, sample: Sample): number {
  const { termsByExample: terms, isMean } = sample;
  const examples = sample.contributing();
  const k = examples.length;
  if (k < 2) return Number.NaN;
  let [total, all] = [0, 0];
  for (const i of examples) {
    total += losses[i];
    all += terms[i];
  }
  let squares = 0;
  for (const i of examples) squares += (losses[i] - (isMean ? (total / all) * terms[i] : total / k)) ** 2;
  const error = Math.sqrt((squares * k) / (k - 1)) / (isMean ? all : 1);
  return Number.isFinite(error) ? error : Number.NaN;
}
