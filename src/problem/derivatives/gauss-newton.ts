import { outputHessianVector, sandwich } from "../../autodiff/products.ts";
import type { Product } from "./derivative.ts";
import { requireOutputs } from "./require-outputs.ts";

/** G = Σ Jᵀ (∂²ℓ/∂z²) J: the Hessian without the network's own curvature. */
export const gaussNewtonProduct: Product = {
  name: "gauss-newton",
  summary: "generalised Gauss–Newton matrix",
  symbol: "gnv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => {
    requireOutputs(loss, "Gauss–Newton matrix");
    return sandwich(loss.outputs, loss.parameters, vectors, (tangent) =>
      outputHessianVector(loss.share, loss.outputs, tangent),
    );
  },
  regularised: "vector",
};
