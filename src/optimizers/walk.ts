import type { RandomStream } from "../random/random-stream.ts";
import type { Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { LayerFactors, NetworkFactors } from "../problem/layer-factors.ts";
import type { LaterObjective, Objective } from "./objective.ts";

/** The value of the function somewhere is asked for. */
export interface ValueQuery {
  readonly kind: "value";
  at: Float64Array;
  found: number;
}

/** The gradient, written into `found`. */
export interface GradientQuery {
  readonly kind: "gradient";
  at: Float64Array;
  readonly found: Float64Array;
}

/** The product of the Hessian with a vector, written into `found`. */
export interface ProductQuery {
  readonly kind: "product";
  at: Float64Array;
  vector: Float64Array;
  readonly found: Float64Array;
}

/** The product of the Gauss–Newton matrix with a vector, written into `found`. */
export interface GaussNewtonQuery {
  readonly kind: "gauss-newton";
  at: Float64Array;
  vector: Float64Array;
  readonly found: Float64Array;
}

/** The layers of a network with their Kronecker factors. */
export interface LayersQuery {
  readonly kind: "layers";
  at: Float64Array;
  found: NetworkFactors;
}

/** A step is done: `weights` is where it ends. */
export interface Step {
  readonly kind: "step";
  weights: Float64Array;
}

export type Query = ValueQuery | GradientQuery | ProductQuery | GaussNewtonQuery | LayersQuery | Step;

/**
 * An optimiser on its way: it asks for values, gradients and products, is answered in place, and says when a step is done. So
 * one way of writing it serves functions that answer at once and networks that answer later. It ends where it knows no further.
 */
export type Walk = Generator<Query, void>;

/** What a walk has at its start. It must not write to the weights. */
export interface Outset {
  readonly start: Float64Array;
  readonly random: RandomStream;
  /** The tensors that lie in the weights one after the other; when absent, the weights are one vector. */
  readonly shapes?: readonly Shape[];
}

/** How much was asked of the function. */
export interface WalkCost {
  values: number;
  gradients: number;
  /** Of the Hessian or of the Gauss–Newton matrix with a vector, and as many as the outputs for the factors of layers. */
  products: number;
}

/** Is shown the weights after each step, which change afterwards, and what was asked until then; the walk ends where it gives true. */
type Visit = (weights: Float64Array, cost: Readonly<WalkCost>) => boolean;

/**
 * Goes along on a function that answers at once.
 *
 * @returns what it cost; `visit`'s own looks are not counted
 * @throws usage error `no-gauss-newton`, `no-layers` where the walk asks for what the function does not have
 */
export function follow(objective: Objective, walk: Walk, visit: Visit): WalkCost {
  const cost = { values: 0, gradients: 0, products: 0 };
  for (const query of walk) {
    if (query.kind === "gradient") {
      cost.gradients++;
      objective.gradient(query.at, query.found);
    } else if (query.kind === "step") {
      if (visit(query.weights, cost)) break;
    } else if (query.kind === "product") {
      cost.products++;
      objective.hessianVector(query.at, query.vector, query.found);
    } else if (query.kind === "value") {
      cost.values++;
      query.found = objective.value(query.at);
    } else if (query.kind === "layers") {
      throw withoutLayers();
    } else {
      cost.products++;
      if (objective.gaussNewtonVector === undefined) throw withoutGaussNewton();
      objective.gaussNewtonVector(query.at, query.vector, query.found);
    }
  }
  return cost;
}

/** Goes along on a function that answers later; `visit` may take its time. Else as {@link follow}. */
export async function followOn(
  objective: LaterObjective,
  walk: Walk,
  visit: (...seen: Parameters<Visit>) => Promise<boolean>,
): Promise<WalkCost> {
  const cost = { values: 0, gradients: 0, products: 0 };
  for (const query of walk) {
    if (query.kind === "gradient") {
      cost.gradients++;
      query.found.set(await objective.gradient(query.at));
    } else if (query.kind === "step") {
      if (await visit(query.weights, cost)) break;
    } else if (query.kind === "value") {
      cost.values++;
      query.found = await objective.value(query.at);
    } else if (query.kind === "layers") {
      if (objective.layerFactors === undefined) throw withoutLayers();
      query.found = await objective.layerFactors(query.at);
      cost.products += query.found.products;
    } else {
      cost.products++;
      const times = query.kind === "product" ? "hessianVector" : "gaussNewtonVector";
      query.found.set(await objective[times](query.at, query.vector));
    }
  }
  return cost;
}

function withoutGaussNewton(): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "no-gauss-newton",
    message: "The function is no sum of squares, and has no Gauss–Newton matrix.",
    hint: "Choose a function that is, or an optimiser that does not ask for it.",
  });
}

function withoutLayers(): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "no-layers",
    message: "The function is no network, and has no layers.",
    hint: "Choose a network, or an optimiser that does not ask for them.",
  });
}

/** The layers at a place. */
export function* layersAt(at: Float64Array): Generator<Query, readonly LayerFactors[]> {
  const query: LayersQuery = { kind: "layers", at, found: { layers: [], products: 0 } };
  yield query;
  return query.found.layers;
}

/** The value at a place. */
export function* valueAt(at: Float64Array): Generator<Query, number> {
  const query: ValueQuery = { kind: "value", at, found: Number.NaN };
  yield query;
  return query.found;
}

/** The gradient at a place, in a vector of its own. */
export function* gradientAt(at: Float64Array): Generator<Query, Float64Array> {
  const query: GradientQuery = { kind: "gradient", at, found: new Float64Array(at.length) };
  yield query;
  return query.found;
}

/** The product of the Hessian at a place with a vector, in a vector of its own. */
export function* productAt(at: Float64Array, vector: Float64Array): Generator<Query, Float64Array> {
  const query: ProductQuery = { kind: "product", at, vector, found: new Float64Array(at.length) };
  yield query;
  return query.found;
}

/** The product of the Gauss–Newton matrix at a place with a vector, in a vector of its own. */
export function* gaussNewtonAt(at: Float64Array, vector: Float64Array): Generator<Query, Float64Array> {
  const query: GaussNewtonQuery = { kind: "gauss-newton", at, vector, found: new Float64Array(at.length) };
  yield query;
  return query.found;
}
