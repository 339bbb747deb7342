import { pullback } from "../../autodiff/pullback.ts";
import { roundValues } from "../../autodiff/round-values.ts";
import { fullLike } from "../../ops/elementwise.ts";
import type { Computation } from "../../problem/computation.ts";
import { gaussNewtonProduct } from "../../problem/derivatives/gauss-newton.ts";
import type { Problem } from "../../problem/problem.ts";
import { sizeOf } from "../../util/tensor.ts";
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

/** Outputs of all examples together that are held at once: 1 GiB in float64. */
const MOST_OUTPUTS = 2 ** 27;

/** Of all examples. */
function outputsOf({ examples, outputShape }: Problem): number {
  return examples * sizeOf(outputShape);
}

/** r = ∂ℓ/∂z for every output of every example, undivided. Cost: about one forward pass. */
const OUTPUT_GRADIENTS: Computation = {
  name: "output-gradients",
  build: ({ total, outputs }) => pullback([total], [fullLike(total, 1)], [outputs]),
};

const ROUNDED_OUTPUT_GRADIENTS: Computation = {
  name: "output-gradients, rounded",
  build: (site, tangents) => roundValues(OUTPUT_GRADIENTS.build(site, tangents), site.parameters),
};

/** J₀ᵀr as a part of the gradient, with the L2 term at θ. */
function asGradient({ divisor, options }: Problem, pulled: Float64Array, theta: Float64Array): Float64Array {
  const gradient = new Float64Array(pulled.length);
  for (let i = 0; i < gradient.length; i++) gradient[i] = pulled[i] / divisor + options.l2 * theta[i];
  return gradient;
}

/** Gv is the derivative of J₀ᵀr(z(θ)) along v, the Jacobian J₀ held as it is at the point: no second derivative of the network is in it. */
const GAUSS_NEWTON: Omit<ProductSubject, "vectors"> = {
  name: "Gauss–Newton matrix",
  method:
    "Gv against Jᵀ times central differences of the loss's derivatives in the outputs, tensor by tensor, v with a part in each; the error counts beside the tensor's part of Gv, or a thousandth of it as far as differences tell it.",
  product: gaussNewtonProduct,
  respond: (problem, point, context) => async (theta) => {
    await using there = problem.at(theta);
    const r = await there.rows(OUTPUT_GRADIENTS, sizeOf(problem.outputShape), context);
    return asGradient(problem, await point.jacobianTransposed(r, context), theta);
  },
  rounded: async (problem, point, context) => {
    const r = await point.rows(ROUNDED_OUTPUT_GRADIENTS, sizeOf(problem.outputShape), context);
    return asGradient(problem, await point.roundedJacobianTransposed(r, context), point.parameters);
  },
};

/** The Gauss–Newton product against differences of the outputs' gradient. */
export const gaussNewtonCheck: CheckDefinition = {
  name: "gauss-newton-product",
  title: "Gauss–Newton matrix against finite differences",
  detail: GAUSS_NEWTON.method,
  limit: { float32: PRODUCT_LIMIT.float64, float64: PRODUCT_LIMIT.float64 },
  notFor: needsOutputs,
  cost: () => ({ products: 1, wideProducts: 2, wideGradients: 15, ...workBeside(15) }),
  // Beside it the gradient that is pulled back, and the outputs' own.
  bytes: (problem) =>
    bytesOfVectors(problem.space.dimension, VECTORS_OF_PRODUCT_CHECK + 1) + bytesOfVectors(outputsOf(problem), 2),
  measure: (bench) => {
    const outputs = outputsOf(bench.problem);
    if (outputs > MOST_OUTPUTS) {
      const detail = `${GAUSS_NEWTON.method} Not made: the derivatives in all ${outputs} outputs of the data do not fit in memory; take fewer examples with --limit.`;
      return Promise.resolve({ measured: 0, undecided: true, detail });
    }
    return checkProduct(bench, {
      ...GAUSS_NEWTON,
      vectors: (problem, point) => [genericDirection(problem, point, bench.random.split("v"))],
    });
  },
};
