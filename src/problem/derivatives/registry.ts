import type { Derivative, Product } from "./derivative.ts";
import { termFisherProduct } from "./empirical-fisher-of-terms.ts";
import { empiricalFisherProduct } from "./empirical-fisher.ts";
import { exampleDerivative } from "./example-derivative.ts";
import { exampleLosses } from "./example-losses.ts";
import { fisherProduct } from "./fisher.ts";
import { gaussNewtonProduct } from "./gauss-newton.ts";
import { gradientDerivative } from "./gradient.ts";
import { hessianProduct } from "./hessian.ts";
import { jacobianDerivative } from "./jacobian.ts";

export const PRODUCTS: readonly Product[] = [
  hessianProduct,
  gaussNewtonProduct,
  fisherProduct,
  empiricalFisherProduct,
  termFisherProduct,
];

/** Everything that is derived from a loss: `apply` and `export` know it from here; the library has a function for each that it offers. */
export const DERIVATIVES: readonly Derivative[] = [
  gradientDerivative,
  ...PRODUCTS,
  jacobianDerivative,
  exampleDerivative,
  exampleLosses,
];
