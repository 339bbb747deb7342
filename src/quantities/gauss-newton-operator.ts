import { gaussNewtonProduct } from "../problem/derivatives/gauss-newton.ts";
import { productOf } from "./operator.ts";

/** G = Jᵀ(∂²ℓ/∂z²)J, with the L2 term: the Hessian of the loss with the network replaced by its linearisation (Schraudolph 2002). */
export const gaussNewtonOperator = productOf(gaussNewtonProduct, "the Gauss–Newton matrix");
