import { dot, norm2 } from "../linalg/vector.ts";
import { hessianProduct } from "../problem/products.ts";
import { direction } from "./compare.ts";
import { roundingLimit, type DerivativeCheck } from "./derivative-check.ts";

export const hessianSymmetry: DerivativeCheck = {
  name: "hessian-symmetry",
  title: "Symmetry of the Hessian",
  quick: true,
  detail: "uᵀHv against vᵀHu for random directions u and v, relative to ‖Hu‖ and ‖Hv‖.",
  limit: roundingLimit,
  measure: async ({ problem, random, context }) => {
    const { dimension } = problem.space;
    const u = direction(random.split("u"), dimension);
    const v = direction(random.split("v"), dimension);
    const [hu, hv] = await problem.product(hessianProduct, [u, v], context);
    const size = Math.max(norm2(hu), norm2(hv));
    return size === 0 ? 0 : Math.abs(dot(u, hv) - dot(v, hu)) / size;
  },
};
