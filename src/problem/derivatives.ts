import { pullback } from "../autodiff/pullback.ts";
import { pushforward } from "../autodiff/pushforward.ts";
import { gradient, hessianVector, outputHessianVector, sandwich } from "../autodiff/products.ts";
import { roundValues } from "../autodiff/round-values.ts";
import { vectorize } from "../autodiff/vectorize.ts";
import { inputNameOf } from "../graph/leaf.ts";
import type { Value } from "../graph/value.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { innerProduct } from "../ops/inner-product.ts";
import { cast } from "../ops/logic.ts";
import { reshape, sumAll } from "../ops/structure.ts";
import { sqrt } from "../ops/unary.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { LossGraph } from "./loss-graph.ts";

/** What a derivative gives: a tensor like each parameter, summed over the batches, or rows of the outputs or of the examples. */
export type Given = "parameters" | "outputs" | "examples";

/**
 * A derivative of the loss, as a computation on one batch: what a point computes, `apply` and `export` write and the
 * library offers. What is given for parameters adds up over batches, divided as the loss is.
 */
export interface Derivative {
  readonly name: string;
  /** Half a sentence for help and reports. */
  readonly summary: string;
  /** What its arrays are called in an exported graph, before the parameter's name where there is one for each. */
  readonly symbol: string;
  /** Whether it is applied to a vector in parameter space. */
  readonly takesVector: boolean;
  readonly gives: Given;
  build(this: void, loss: LossGraph, vectors: readonly Value[]): Value[];
  /** What has to be known to compare its numbers with others, in a sentence: what is summed, what is divided by. */
  readonly remark?: string;
  /** Whether it is made of what single examples have of their own: there is none where a loss couples them. */
  readonly ofExamples?: boolean;
  /** Whether an exported graph gives the loss beside it, which is on the way. */
  readonly loss?: boolean;
  /** What an L2 term λ/2‖θ‖² adds λ times: the point itself, or the vector. */
  readonly regularised?: "point" | "vector";
}

/** A matrix in parameter space, as the graph of its product with a vector. */
export interface Product extends Derivative {
  readonly takesVector: true;
  readonly gives: "parameters";
}

/** ∇L. */
export const gradientDerivative: Derivative = {
  name: "gradient",
  summary: "gradient of the loss",
  symbol: "grad",
  takesVector: false,
  gives: "parameters",
  build: (loss) => gradient(loss.share, loss.parameters),
  loss: true,
  regularised: "point",
};

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

/** F = Σ Jᵀ E_{y∼p(z)}[∂ℓ ∂ℓᵀ] J: the model's own labels, summed over classes exactly. */
export const fisherProduct: Product = {
  name: "fisher",
  summary: "Fisher information (the model's own labels)",
  symbol: "fv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => {
    requireOutputs(loss, "Fisher matrix");
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
      mul(outputFisher(loss.outputs, loss.labels, tangent, loss.options), loss.scale),
    );
  },
  regularised: "vector",
};

/** (1/n) Σᵢ gᵢ gᵢᵀ with gᵢ the gradient of example i at its given label: v ↦ Jᵀ(J v)/n for J = ∂(ℓ₁, …, ℓ_B)/∂θ. */
export const empiricalFisherProduct: Product = {
  name: "empirical-fisher",
  summary: "empirical Fisher (uncentred covariance of per-example gradients, each summed over the example's terms)",
  symbol: "efv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => {
    const [tangent] = pushforward([loss.perExample], loss.parameters, vectors);
    return pullback([loss.perExample], [mul(tangent, loss.exampleScale)], loss.parameters);
  },
  remark:
    "The gradient of an example is that of the sum of its terms; it is not divided by their number, and the mean is over examples.",
  ofExamples: true,
};

/** Σₜ gₜ gₜᵀ, divided as the loss is, with gₜ the gradient of a single term: of one label, or of one output where outputs are compared. */
export const termFisherProduct: Product = {
  name: "empirical-fisher-of-terms",
  summary: "empirical Fisher by terms of the loss (uncentred covariance of the gradients of single terms)",
  symbol: "tfv",
  takesVector: true,
  gives: "parameters",
  build: (loss, vectors) => {
    const [tangent] = pushforward([loss.perTerm], loss.parameters, vectors);
    return pullback([loss.perTerm], [mul(tangent, loss.scale)], loss.parameters);
  },
  remark:
    "A term is what the mean of the loss goes over: one for each label, or for each output where outputs are compared with targets. Where every example has a single term, it is the empirical Fisher.",
  ofExamples: true,
};

/** J v: the change of every output per unit step along v. */
export const jacobianDerivative: Derivative = {
  name: "jacobian",
  summary: "change of every output along the vector",
  symbol: "jv",
  takesVector: true,
  gives: "outputs",
  build: (loss, vectors) => {
    requireOutputs(loss, "Jacobian");
    return pushforward([loss.outputs], loss.parameters, vectors);
  },
};

/** gᵢᵀv: the change of the loss of each example, undivided, per unit step along v. */
export const exampleDerivative: Derivative = {
  name: "example-derivative",
  remark: "The derivative of an example is the sum over its terms; it is divided by nothing.",
  ofExamples: true,
  summary: "change of the loss of every example along the vector, summed over its terms",
  symbol: "gv",
  takesVector: true,
  gives: "examples",
  build: (loss, vectors) => pushforward([loss.perExample], loss.parameters, vectors),
};

/** ℓᵢ, undivided. */
export const exampleLosses: Derivative = {
  name: "example-losses",
  remark: "The loss of an example is the sum over its terms; it is divided by nothing.",
  ofExamples: true,
  summary: "loss of every example, summed over its terms",
  symbol: "losses",
  takesVector: false,
  gives: "examples",
  build: (loss) => [loss.perExample],
};

export const PRODUCTS: readonly Product[] = [
  hessianProduct,
  gaussNewtonProduct,
  fisherProduct,
  empiricalFisherProduct,
  termFisherProduct,
];

/** Everything that is derived from a loss: `apply`, `export`, points and library know it from here. */
export const DERIVATIVES: readonly Derivative[] = [
  gradientDerivative,
  ...PRODUCTS,
  jacobianDerivative,
  exampleDerivative,
  exampleLosses,
];

function rounded<D extends Derivative>(derivative: D, movesSources = false): D {
  return {
    ...derivative,
    name: `${derivative.name}, rounded${movesSources ? " from the weights on" : ""}`,
    build: (loss: LossGraph, vectors: readonly Value[]) =>
      roundValues(derivative.build(loss, vectors), loss.parameters, { movesSources }),
  };
}

/** Derivatives with every number on the way moved by a grain: their distance from those is of the size of rounding. */
export const roundedGradient = rounded(gradientDerivative);
/** The same with the weights moved, too. */
export const gradientOfRoundedWeights = rounded(gradientDerivative, true);
export const roundedExampleLosses = rounded(exampleLosses);
export const ROUNDED_PRODUCTS: ReadonlyMap<Product, Product> = new Map(
  PRODUCTS.map((product) => [product, rounded(product)]),
);

/** Jᵀ u. */
export function jacobianTransposed(loss: LossGraph, cotangent: Value): Value[] {
  return pullback([loss.outputs], [cotangent], loss.parameters);
}

/** Σ wᵢ gᵢ for weights of shape [B]. */
export function weightedGradient(loss: LossGraph, weights: Value): Value[] {
  return pullback([loss.perExample], [weights], loss.parameters);
}

/** ‖∇L‖² of a batch, as a scalar. */
export function gradientSquare(loss: LossGraph): Value {
  return gradient(loss.total, loss.parameters)
    .map((part) => innerProduct(part, part))
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
  const total = sumAll(loss.perTerm(z, labels, options));
  const curved = cast(outputHessianVector(total, z, cast(direction, "float64")), outputs.dtype);
  const plain = pullback([outputs], [direction], parameters);
  const bent = pullback([outputs], [curved], parameters);
  const inner = (x: readonly Value[], y: readonly Value[]) =>
    x.map((part, i) => innerProduct(part, y[i])).reduce((sum, part) => add(sum, part));
  return { form: inner(plain, bent), size: mul(sqrt(inner(plain, plain)), sqrt(inner(bent, bent))) };
}

/**
 * Values of the graph of one example for each example of a batch, [B, …]: what depends on the inputs
 * of shape [1, …] is computed for all B at once, fed under the same names with the shape [B, …].
 */
export function vectorizeExamples(values: readonly Value[], inputs: readonly Value[], examples: number): Value[] {
  const blocks = inputs.map((input) => {
    const batch = input.graph.input(inputNameOf(input) ?? "", input.dtype, [examples, ...input.shape.slice(1)]);
    return [input, reshape(batch, [examples, ...input.shape])] as const;
  });
  return vectorize([...values], new Map(blocks), examples);
}

/** @throws input error `no-outputs` where the model computes its loss itself */
export function requireOutputs(loss: LossGraph, matrix: string): void {
  if (!loss.loss.givesLossOnly) return;
  throw new ThalwegError({
    kind: "input",
    code: "no-outputs",
    message: `The ${matrix} needs the network's outputs apart from its loss, but with --loss ${loss.loss.name} the model only gives the loss.`,
    hint: "Export the network without its loss and name the loss with --loss.",
  });
}
