import { dot, norm2 } from "../linalg/vector.ts";
import { direction } from "./compare.ts";
import type { DerivativeCheck } from "./derivative-check.ts";
import { smallestDifferenceError } from "./finite-difference.ts";

export const gradientDifference: DerivativeCheck = {
  name: "gradient-difference",
  title: "Gradient against finite differences",
  quick: true,
  detail: "gᵀv along a direction v that is half the gradient's, half random, against central differences of the loss in float64; relative to ‖g‖.",
  limit: () => 1e-6,
  measure: async ({ exact, random, context }) => {
    const gradient = await exact.gradient(context);
    const length = norm2(gradient);
    const noise = direction(random, gradient.length);
    const v = length === 0 ? noise : noise.map((x, i) => (x + gradient[i] / length) / 2);
    const slope = dot(gradient, v);
    return smallestDifferenceError(
      exact,
      v,
      async () => Float64Array.of((await exact.value(context)).loss),
      ([difference]) => Math.abs(difference - slope) / Math.max(length, Number.MIN_VALUE),
    );
  },
};
