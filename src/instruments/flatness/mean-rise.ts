import { sampleMean, type SampleMean } from "../../linalg/sample-mean.ts";

/**
 * The mean of some rises of the loss, with its standard error: as they are, or less a control variate cᵢ of mean 0
 * where that leaves less scatter.
 *
 * What the sharpest direction adds, cᵢ = ½σ²λ((vᵀξᵢ)² − 1), is most of the scatter where the loss is quadratic over the
 * steps. Where it grows slower than its parabola, cᵢ is larger than the rise itself and only adds scatter, of a law
 * so skewed that few samples do not show it: the mean would be off by many of its standard errors.
 *
 * @param control of mean 0, one for each rise
 */
export function meanRise(rises: readonly number[], control: readonly number[]): SampleMean {
  const plain = sampleMean(Float64Array.from(rises));
  const controlled = sampleMean(Float64Array.from(rises, (rise, i) => rise - control[i]));
  return controlled.standardError < plain.standardError ? controlled : plain;
}
