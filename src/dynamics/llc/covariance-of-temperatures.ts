import { meanOf } from "../../sampling/split-chains.ts";

/**
 * Covariance of λ(β) at temperatures whose chains trade places, from the means of C independent chains of each:
 * Σₖₗ = cov(xₖ, xₗ)/C · (C − 1)/(C − K − 2), of which the last factor makes the inverse right on average, which is what weights are
 * made of (Hartlap et al. 2007).
 *
 * @param means of each temperature, the mean of each chain; more chains than temperatures and two
 */
export function covarianceOfTemperatures(means: readonly Float64Array[]): number[][] {
  const chains = means[0].length;
  const factor = 1 / (chains * (chains - means.length - 2));
  const centres = means.map(meanOf);
  return means.map((a, k) =>
    means.map((b, l) => factor * a.reduce((sum, x, c) => sum + (x - centres[k]) * (b[c] - centres[l]), 0)),
  );
}
