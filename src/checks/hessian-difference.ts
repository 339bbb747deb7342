import { hessianProduct } from "../problem/products.ts";
import { direction, relativeDistance } from "./compare.ts";
import type { DerivativeCheck } from "./derivative-check.ts";
import { smallestDifferenceError } from "./finite-difference.ts";

export const hessianDifference: DerivativeCheck = {
  name: "hessian-difference",
  title: "Hessian against finite differences",
  detail: "Hv for a random direction v against central differences of the gradient in float64.",
  limit: () => 1e-5,
  measure: async ({ exact, random, context }) => {
    const v = direction(random, exact.space.dimension);
    const [product] = await exact.product(hessianProduct, [v], context);
    return smallestDifferenceError(exact, v, () => exact.gradient(context), (difference) => relativeDistance(difference, product));
  },
};
