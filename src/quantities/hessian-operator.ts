import { hessianProduct } from "../problem/derivatives/hessian.ts";
import { productOf } from "./operator.ts";

/** H = ∇²L, with the L2 term. */
export const hessianOperator = productOf(hessianProduct, "the Hessian");
