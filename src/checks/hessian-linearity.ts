import { hessianProduct } from "../problem/products.ts";
import { direction, relativeDistance } from "./compare.ts";
import { roundingLimit, type DerivativeCheck } from "./derivative-check.ts";

export const hessianLinearity: DerivativeCheck = {
  name: "hessian-linearity",
  title: "Linearity and blocks",
  quick: true,
  detail: "H(2u − 3v), computed alone, against 2Hu − 3Hv, computed together as one block.",
  limit: roundingLimit,
  measure: async ({ problem, random, context }) => {
    const { dimension } = problem.space;
    const u = direction(random.split("u"), dimension);
    const v = direction(random.split("v"), dimension);
    const [hu, hv] = await problem.product(hessianProduct, [u, v], context);
    const [combined] = await problem.product(hessianProduct, [u.map((x, i) => 2 * x - 3 * v[i])], context);
    return relativeDistance(combined, hu.map((x, i) => 2 * x - 3 * hv[i]));
  },
};
