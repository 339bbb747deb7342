import { hessianVector } from "../../autodiff/products.ts";
import type { Product } from "./derivative.ts";

/** H = ∇²L. */
export const hessianProduct: Product = {
  name: "hessian",
  summary: "Hessian of the loss",
  symbol: "hv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => hessianVector(loss.share, loss.parameters, vectors),
  regularised: "vector",
};
