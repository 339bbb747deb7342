import { dot, norm2 } from "../linalg/vector.ts";
import { direction } from "./compare.ts";
import { roundingLimit, type DerivativeCheck } from "./derivative-check.ts";

export const jacobianAdjoint: DerivativeCheck = {
  name: "jacobian-adjoint",
  title: "Forward against reverse mode",
  detail: "uᵀ(Jv), by forward mode, against (Jᵀu)ᵀv, by reverse mode, for random u and v, relative to ‖Jv‖ and ‖Jᵀu‖.",
  limit: roundingLimit,
  measure: async ({ problem, random, context }) => {
    const v = direction(random.split("v"), problem.space.dimension);
    const forward = await problem.jacobianVector(v, context);
    const u = direction(random.split("u"), forward.length);
    const reverse = await problem.jacobianTransposed(u, context);
    const size = Math.max(norm2(forward), norm2(reverse));
    return size === 0 ? 0 : Math.abs(dot(u, forward) - dot(reverse, v)) / size;
  },
};
