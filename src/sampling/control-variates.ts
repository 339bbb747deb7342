import { inverseOf } from "../linalg/dense.ts";
import { maxOf } from "../util/extremes.ts";

/** Numbers of a draw: what is averaged, and what is known to have mean 0. */
export interface Controlled {
  readonly value: number;
  readonly controls: readonly number[];
}

/** Draws for each control that is fitted. */
const DRAWS_EACH = 20;
/** Of the largest square, what a direction of the controls needs at least to be one of its own. */
const DEGENERATE = 1e-10;

/**
 * The values less the combination of controls that goes along with them most, Σ bⱼ cⱼ: the same mean, as that of every control
 * is 0, and less variance (least squares over all draws; Glynn & Szechtman 2002). The fit moves the mean by the order of its variance
 * over the number of draws, which is why few draws are left as they are.
 *
 * @returns one chain after the other, as they were
 */
export function controlled(chains: readonly (readonly Controlled[])[]): Float64Array[] {
  const all = chains.flat();
  const k = all[0]?.controls.length ?? 0;
  const plain = () => chains.map((chain) => Float64Array.from(chain, ({ value }) => value));
  if (k === 0 || all.length < DRAWS_EACH * k) return plain();
  const mean = all.reduce((sum, { value }) => sum + value, 0) / all.length;
  const centres = Array.from(
    { length: k },
    (_, j) => all.reduce((sum, { controls }) => sum + controls[j], 0) / all.length,
  );
  const gram = new Float64Array(k * k);
  const right = new Float64Array(k);
  for (const { value, controls } of all)
    for (let i = 0; i < k; i++) {
      const c = controls[i] - centres[i];
      right[i] += c * (value - mean);
      for (let j = 0; j < k; j++) gram[i * k + j] += c * (controls[j] - centres[j]);
    }
  const size = maxOf(Array.from({ length: k }, (_, i) => gram[i * k + i]));
  if (!(size > 0) || !Number.isFinite(size)) return plain();
  for (let i = 0; i < k; i++) gram[i * k + i] += DEGENERATE * size;
  const inverse = inverseOf(gram, k);
  if (inverse === undefined) return plain();
  const factors = Array.from({ length: k }, (_, i) => right.reduce((sum, x, j) => sum + inverse[i * k + j] * x, 0));
  if (!factors.every(Number.isFinite)) return plain();
  return chains.map((chain) =>
    Float64Array.from(chain, ({ value, controls }) => controls.reduce((left, c, j) => left - factors[j] * c, value)),
  );
}
