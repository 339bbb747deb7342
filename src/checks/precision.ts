import { hessianProduct } from "../problem/products.ts";
import { direction, relativeDistance } from "./compare.ts";
import type { DerivativeCheck } from "./derivative-check.ts";

export const precision: DerivativeCheck = {
  name: "precision",
  title: "float32 against float64",
  detail: "The gradient and a product Hv in float32 against the same in float64, where other kernels compute them.",
  notFor: ({ options }) => (options.precision === "float64" ? "everything is computed in float64" : undefined),
  limit: () => 1e-3,
  measure: async ({ problem, exact, random, context }) => {
    const v = direction(random, problem.space.dimension);
    const [product] = await problem.product(hessianProduct, [v], context);
    const [reference] = await exact.product(hessianProduct, [v], context);
    return Math.max(relativeDistance(await problem.gradient(context), await exact.gradient(context)), relativeDistance(product, reference));
  },
};
