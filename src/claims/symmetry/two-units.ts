import type { Objective } from "../../optimizers/objective.ts";

/**
 * ½(v₁w₁ + v₂w₂ − p)² at (v₁, w₁, v₂, w₂): the mean squared error, halved, of a linear network with one input of E x² = 1 and
 * two hidden units.
 */
export function twoLinearUnits(p: number): Objective {
  const off = ([v1, w1, v2, w2]: Float64Array) => v1 * w1 + v2 * w2 - p;
  /** Each weight's partner in the product. */
  const partner = [1, 0, 3, 2];
  return {
    dimension: 4,
    value: (at) => off(at) ** 2 / 2,
    gradient(at, into) {
      const error = off(at);
      partner.forEach((other, i) => (into[i] = error * at[other]));
    },
    hessianVector(at, v, into) {
      const error = off(at);
      const slope = partner.reduce((sum, other, i) => sum + at[other] * v[i], 0);
      partner.forEach((other, i) => (into[i] = at[other] * slope + error * v[other]));
    },
  };
}
