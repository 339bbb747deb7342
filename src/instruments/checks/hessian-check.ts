import { gaussNewtonProduct } from "../../problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { roundedGradient } from "../../problem/derivatives/rounded.ts";
import { needsOutputs } from "../gauss-newton.ts";
import type { CheckDefinition } from "./check.ts";
import { genericDirection } from "./generic-direction.ts";
import {
  checkProduct,
  PRODUCT_LIMIT,
  VECTORS_OF_PRODUCT_CHECK,
  workBeside,
  type ProductSubject,
} from "./product-check.ts";
import { bytesOfVectors } from "../../quantities/memory.ts";

/** The Hessian is the derivative of the gradient; beside the network's own curvature H − G, G hides no error. */
export const HESSIAN: Omit<ProductSubject, "vectors"> = {
  name: "Hessian",
  method:
    "Hv against central differences of the gradient, tensor by tensor, v with a part in each; the error counts beside the tensor's part of (H − G)v, as far as differences tell it, or of Hv.",
  product: hessianProduct,
  respond: (problem, _point, context) => async (theta) => {
    await using there = problem.at(theta);
    return there.gradient(context);
  },
  rounded: (_problem, point, context) => point.derivative(roundedGradient, undefined, context),
  apart: (problem) => (needsOutputs(problem) === undefined ? gaussNewtonProduct : undefined),
};

/** The Hessian product against differences of the gradient. */
export const hessianCheck: CheckDefinition = {
  name: "hessian",
  title: "Hessian against finite differences",
  detail: HESSIAN.method,
  limit: { float32: PRODUCT_LIMIT.float64, float64: PRODUCT_LIMIT.float64 },
  cost: () => ({ products: 1, wideProducts: 3, wideGradients: 12, ...workBeside(12) }),
  bytes: ({ space }) => bytesOfVectors(space.dimension, VECTORS_OF_PRODUCT_CHECK),
  measure: (bench) =>
    checkProduct(bench, {
      ...HESSIAN,
      vectors: (problem, point) => [genericDirection(problem, point, bench.random.split("v"))],
    }),
};
