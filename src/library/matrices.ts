import type { LinearOperator, ProductRounding } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import { empiricalFisherProduct } from "../problem/derivatives/empirical-fisher.ts";
import { fisherProduct } from "../problem/derivatives/fisher.ts";
import { gaussNewtonProduct } from "../problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import type { Product } from "../problem/derivatives/derivative.ts";
import { termFisherProduct } from "../problem/derivatives/empirical-fisher-of-terms.ts";
import type { Point } from "../problem/point.ts";
import { Problem } from "../problem/problem.ts";
import { withMeasuredRounding, yardstickOf } from "../quantities/measured-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { keptBy } from "../util/kept-by.ts";
import type { RunContext } from "../util/run-context.ts";
import { pointOf } from "./point-of.ts";
import { checkedContext } from "./run-options.ts";

const measuredAt = keptBy<Map<Product, Promise<ProductRounding>>>();

/** A matrix at a point that knows what its products are off by, as those of a profile do. */
function matrixAt(point: Point, product: Product, context: RunContext): LinearOperator {
  const known = measuredAt(point, () => new Map());
  return withMeasuredRounding(
    productOperator(point, product, context),
    yardstickOf(point, product, context),
    createRandom(0).split(`rounding of ${product.name}`),
    (measure) => {
      const rounding = known.get(product) ?? measure();
      known.set(product, rounding);
      // What was interrupted is measured when it is next asked for.
      rounding.catch(() => known.delete(product));
      return rounding;
    },
  );
}

/**
 * The Hessian H = ∇²L(θ), n × n for n parameters, symmetric; L in the unit of the loss (nats for
 * cross-entropy). Products H v = d/dt ∇L(θ + tv), exact up to rounding (Pearlmutter 1994).
 *
 * Cost: a product is about two gradients, less in blocks; nothing is computed before the first.
 *
 * @throws usage error `bad-argument`; input error `not-finite` (on a product), with the parameter where NaN or ∞ appears
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * const H = hessian(problem);
 * const [product] = await H.apply([problem.point.parameters]); // H θ
 * product.length; // → 2410
 */
export function hessian(place: Problem | Point, context?: RunContext): LinearOperator {
  return matrixAt(pointOf("hessian", place), hessianProduct, checkedContext("hessian", context));
}

/**
 * The generalised Gauss–Newton matrix (1/m) Σᵢ Jᵢᵀ (∂²ℓᵢ/∂z²) Jᵢ over the m loss terms: the Hessian
 * without the network's own curvature; positive semidefinite for losses convex in the outputs
 * (Schraudolph 2002). Cost: a product is about a forward pass, a tangent pass and a gradient.
 *
 * @throws usage error `bad-argument`; input error `no-outputs` (on the first product) when the model computes its loss itself
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200 });
 * const { top } = await eigenvalues(gaussNewton(problem), { largest: 1 });
 * top[0].value > 0; // → true
 */
export function gaussNewton(place: Problem | Point, context?: RunContext): LinearOperator {
  return matrixAt(pointOf("gaussNewton", place), gaussNewtonProduct, checkedContext("gaussNewton", context));
}

/**
 * The Fisher information (1/m) Σᵢ Jᵢᵀ E[∂ℓ ∂ℓᵀ] Jᵢ, the expectation over the model's own labels written
 * out exactly (Amari 1998). Equal to the Gauss–Newton matrix for cross-entropy on logits. Cost: as that.
 *
 * @throws usage error `bad-argument`; input error `no-likelihood` (on the first product) for losses that are no negative log-likelihood
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200, precision: "float64" });
 * const [f] = await fisher(problem).apply([problem.point.parameters]);
 * const [g] = await gaussNewton(problem).apply([problem.point.parameters]);
 * Math.hypot(...f.map((x, i) => x - g[i])) < 1e-12 * Math.hypot(...g); // → true
 */
export function fisher(place: Problem | Point, context?: RunContext): LinearOperator {
  return matrixAt(pointOf("fisher", place), fisherProduct, checkedContext("fisher", context));
}

/**
 * The uncentred second moment (1/n) Σ gᵢ gᵢᵀ of the gradients of single examples, each of its own
 * undivided loss; not the Fisher matrix (Kunstner et al. 2019). Cost: a product is about two gradients.
 *
 * @throws usage error `bad-argument`; input error `not-finite` (on a product)
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200 });
 * empiricalFisher(problem).symmetric; // → true
 */
export function empiricalFisher(place: Problem | Point, context?: RunContext): LinearOperator {
  const point = pointOf("empiricalFisher", place);
  point.requireExamplesFor(empiricalFisherProduct);
  return matrixAt(point, empiricalFisherProduct, checkedContext("empiricalFisher", context));
}

/**
 * Σₜ gₜ gₜᵀ over the terms of the loss, divided as the loss is (by m for a mean over m terms): a term is what that mean goes
 * over, one for each label, or for each output where outputs are compared with targets. {@link empiricalFisher} sums over the
 * terms of an example before it multiplies; of a mean over examples with one term each, all counting alike, they are
 * equal. Cost: as that.
 *
 * @throws usage error `bad-argument`; input error `not-finite` (on a product)
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200, precision: "float64" });
 * const [byTerms] = await empiricalFisherOfTerms(problem).apply([problem.point.parameters]);
 * const [byExamples] = await empiricalFisher(problem).apply([problem.point.parameters]);
 * Math.hypot(...byTerms.map((x, i) => x - byExamples[i])) < 1e-14 * Math.hypot(...byExamples); // → true
 */
export function empiricalFisherOfTerms(place: Problem | Point, context?: RunContext): LinearOperator {
  const point = pointOf("empiricalFisherOfTerms", place);
  point.requireExamplesFor(termFisherProduct);
  return matrixAt(point, termFisherProduct, checkedContext("empiricalFisherOfTerms", context));
}

/**
 * ∇L(θ) over all examples, flat, in the order of `problem.space`. Cost: about three forward passes
 * (Linnainmaa 1970).
 *
 * @throws usage error `bad-argument`; input error `not-finite`; `interrupted`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * Math.hypot(...(await gradient(problem))); // → 0.004523
 */
export async function gradient(place: Problem | Point, context?: RunContext): Promise<Float64Array> {
  return pointOf("gradient", place).gradient(checkedContext("gradient", context));
}
