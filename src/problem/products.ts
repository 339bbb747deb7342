import { pullback } from "../autodiff/pullback.ts";
import { pushforward } from "../autodiff/pushforward.ts";
import { gradient, hessianVector, outputHessianVector, sandwich } from "../autodiff/products.ts";
import { vectorize } from "../autodiff/vectorize.ts";
import { inputNameOf } from "../graph/leaf.ts";
import type { Value } from "../graph/value.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { cast } from "../ops/logic.ts";
import { reshape, sumAll } from "../ops/structure.ts";
import { sqrt } from "../ops/unary.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { LossGraph } from "./loss-graph.ts";

/**
 * A matrix in parameter space, as the graph of its product with a vector. `build` returns the product
 * summed over the examples of one batch; the problem divides by the number of terms.
 */
export interface Product {
  readonly name: string;
  /** Half a sentence for help and reports. */
  readonly summary: string;
  build(loss: LossGraph, vectors: readonly Value[]): Value[];
  /** Whether an L2 term λ/2‖θ‖² adds λ to the matrix. */
  readonly regularized: boolean;
  /** Divides by the number of examples instead of the number of loss terms. */
  readonly perExample?: boolean;
}

/** H = ∇²L. */
export const hessianProduct: Product = {
  name: "hessian",
  summary: "Hessian of the loss",
  build: (loss, vectors) => hessianVector(loss.total, loss.parameters, vectors),
  regularized: true,
};

/** G = Σ Jᵀ (∂²ℓ/∂z²) J: the Hessian without the network's own curvature. */
export const gaussNewtonProduct: Product = {
  name: "gauss-newton",
  summary: "generalised Gauss–Newton matrix",
  build: (loss, vectors) => {
    requireOutputs(loss, "Gauss–Newton");
    return sandwich(loss.outputs, loss.parameters, vectors, (tangent) =>
      outputHessianVector(loss.total, loss.outputs, tangent),
    );
  },
  regularized: true,
};

/** F = Σ Jᵀ E_{y∼p(z)}[∂ℓ ∂ℓᵀ] J: the model's own labels, summed over classes exactly. */
export const fisherProduct: Product = {
  name: "fisher",
  summary: "Fisher information (the model's own labels)",
  build: (loss, vectors) => {
    requireOutputs(loss, "Fisher");
    const { outputFisher } = loss.loss;
    if (!outputFisher) {
      throw new ThalwegError({
        kind: "input",
        code: "no-likelihood",
        message: `The loss ${loss.loss.title} is not the negative log-likelihood of a known distribution, so it has no Fisher matrix.`,
        hint: "Use gauss-newton or empirical-fisher.",
      });
    }
    return sandwich(loss.outputs, loss.parameters, vectors, (tangent) =>
      outputFisher(loss.outputs, loss.labels, tangent, loss.options),
    );
  },
  regularized: true,
};

/** Σᵢ gᵢ gᵢᵀ with gᵢ the gradient of example i at its given label: v ↦ Jᵀ(J v) for J = ∂(ℓ₁, …, ℓ_B)/∂θ. */
export const empiricalFisherProduct: Product = {
  name: "empirical-fisher",
  summary: "empirical Fisher (uncentred covariance of per-example gradients)",
  build: (loss, vectors) => {
    const [tangent] = pushforward([loss.perExample], loss.parameters, vectors);
    return pullback([loss.perExample], [tangent], loss.parameters);
  },
  regularized: false,
  perExample: true,
};

/** The gradient, as a product that ignores its vector's direction. */
export function gradientOf(loss: LossGraph): Value[] {
  return gradient(loss.total, loss.parameters);
}

/** J v: the change of every output per unit step along v. */
export function jacobianVector(loss: LossGraph, vectors: readonly Value[]): Value {
  return pushforward([loss.outputs], loss.parameters, vectors)[0];
}

/** Jᵀ u. */
export function jacobianTransposed(loss: LossGraph, cotangent: Value): Value[] {
  return pullback([loss.outputs], [cotangent], loss.parameters);
}

/** gᵢᵀv: the change of the loss of each example per unit step along v, [B]. */
export function exampleDerivatives(loss: LossGraph, vectors: readonly Value[]): Value {
  return pushforward([loss.perExample], loss.parameters, vectors)[0];
}

/** Σ wᵢ gᵢ for weights of shape [B]. */
export function weightedGradient(loss: LossGraph, weights: Value): Value[] {
  return pullback([loss.perExample], [weights], loss.parameters);
}

/** ‖∇L‖² of a batch, as a scalar. */
export function gradientSquare(loss: LossGraph): Value {
  return gradientOf(loss)
    .map((part) => sumAll(mul(part, part)))
    .reduce((sum, part) => add(sum, part));
}

/**
 * ⟨Jᵀe, JᵀHe⟩ for a direction e in the outputs and H the Hessian of the loss in them, and ‖Jᵀe‖ ‖JᵀHe‖; summed over
 * all unit vectors e the first is tr JᵀHJ. He is taken in float64: it is what cancellation of p in 1 − p leaves.
 */
export function outputCurvatureForm(
  { outputs, labels, loss, options, parameters }: LossGraph,
  direction: Value,
): { form: Value; size: Value } {
  const z = cast(outputs, "float64");
  const total = sumAll(loss.perExample(z, labels, options));
  const curved = cast(outputHessianVector(total, z, cast(direction, "float64")), outputs.dtype);
  const plain = pullback([outputs], [direction], parameters);
  const bent = pullback([outputs], [curved], parameters);
  const inner = (x: readonly Value[], y: readonly Value[]) =>
    x.map((part, i) => sumAll(mul(part, y[i]))).reduce((sum, part) => add(sum, part));
  return { form: inner(plain, bent), size: sqrt(mul(inner(plain, plain), inner(bent, bent))) };
}

/**
 * Values of the graph of one example for each example of a batch, [B, …]: what depends on the inputs
 * of shape [1, …] is computed for all B at once, fed under the same names with the shape [B, …].
 */
export function vectorizeExamples(
  values: ReadonlyMap<string, Value>,
  inputs: readonly Value[],
  examples: number,
): Map<string, Value> {
  const blocks = inputs.map((input) => {
    const batch = input.graph.input(inputNameOf(input) ?? "", input.dtype, [examples, ...input.shape.slice(1)]);
    return [input, reshape(batch, [examples, ...input.shape])] as const;
  });
  const outputs = vectorize([...values.values()], new Map(blocks), examples);
  return new Map([...values.keys()].map((name, i) => [name, outputs[i]]));
}

function requireOutputs(loss: LossGraph, matrix: string): void {
  if (!loss.loss.givesLossOnly) return;
  throw new ThalwegError({
    kind: "input",
    code: "no-outputs",
    message: `The ${matrix} matrix needs the network's outputs apart from its loss, but with --loss ${loss.loss.name} the model only gives the loss.`,
    hint: "Export the network without its loss and name the loss with --loss.",
  });
}

export const PRODUCTS: readonly Product[] = [hessianProduct, gaussNewtonProduct, fisherProduct, empiricalFisherProduct];
