import { hessianProduct } from "../problem/products.ts";
import { direction, relativeDistance } from "./compare.ts";
import type { DerivativeCheck } from "./derivative-check.ts";

export const determinism: DerivativeCheck = {
  name: "determinism",
  title: "Determinism",
  quick: true,
  detail: "The gradient and a product Hv, each computed twice: the numbers must be the same to the last bit.",
  limit: () => 0,
  measure: async ({ problem, random, context }) => {
    const v = direction(random, problem.space.dimension);
    const gradients = [await problem.gradient(context), await problem.gradient(context)];
    const [first] = await problem.product(hessianProduct, [v], context);
    const [second] = await problem.product(hessianProduct, [v], context);
    return Math.max(relativeDistance(gradients[0], gradients[1]), relativeDistance(first, second));
  },
};
