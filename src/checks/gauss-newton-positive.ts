import { dot, norm2 } from "../linalg/vector.ts";
import { gaussNewtonProduct } from "../problem/products.ts";
import { direction } from "./compare.ts";
import { roundingLimit, type DerivativeCheck } from "./derivative-check.ts";

export const gaussNewtonPositive: DerivativeCheck = {
  name: "gauss-newton",
  title: "Gauss–Newton: symmetric and positive",
  detail: "uᵀGv against vᵀGu, and the part of uᵀGu below 0, for random u and v, relative to ‖Gu‖ and ‖Gv‖.",
  notFor: ({ options }) => (options.loss.name === "output" ? "the model computes its loss itself" : undefined),
  limit: roundingLimit,
  measure: async ({ problem, random, context }) => {
    const { dimension } = problem.space;
    const u = direction(random.split("u"), dimension);
    const v = direction(random.split("v"), dimension);
    const [gu, gv] = await problem.product(gaussNewtonProduct, [u, v], context);
    const size = Math.max(norm2(gu), norm2(gv));
    if (size === 0) return 0;
    return Math.max(Math.abs(dot(u, gv) - dot(v, gu)), -dot(u, gu), -dot(v, gv)) / size;
  },
};
