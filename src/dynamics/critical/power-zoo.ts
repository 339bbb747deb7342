import type { Objective } from "../../optimizers/objective.ts";
import type { KindName } from "./classify.ts";

/** Σ cᵢ xᵢ^pᵢ. */
function powers(...terms: readonly (readonly [coefficient: number, power: number])[]): Objective {
  return {
    dimension: terms.length,
    value: (x) => terms.reduce((sum, [c, p], i) => sum + c * x[i] ** p, 0),
    gradient: (x, into) => terms.forEach(([c, p], i) => (into[i] = c * p * x[i] ** (p - 1))),
    hessianVector: (x, v, into) => terms.forEach(([c, p], i) => (into[i] = c * p * (p - 1) * x[i] ** (p - 2) * v[i])),
  };
}

/** Functions that have a critical point at 0, with what the signs of their curvatures tell of it. */
export const POWER_ZOO: readonly { readonly name: string; readonly on: Objective; readonly kind: KindName }[] = [
  { name: "x² + 2y²", on: powers([1, 2], [2, 2]), kind: "minimum" },
  { name: "−x² − y²", on: powers([-1, 2], [-1, 2]), kind: "maximum" },
  { name: "x² − y²", on: powers([1, 2], [-1, 2]), kind: "saddle" },
  // Strict, and degenerate.
  { name: "x² + 0y³ − z²", on: powers([1, 2], [0, 3], [-1, 2]), kind: "saddle" },
  // All three have the Hessian 0, and are a minimum, none, and a maximum.
  { name: "x⁴", on: powers([1, 4]), kind: "degenerate" },
  { name: "x³", on: powers([1, 3]), kind: "degenerate" },
  { name: "−x⁴", on: powers([-1, 4]), kind: "degenerate" },
  { name: "x² + y³", on: powers([1, 2], [1, 3]), kind: "degenerate" },
];
