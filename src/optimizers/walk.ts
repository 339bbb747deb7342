import type { RandomStream } from "../random/random-stream.ts";
import type { Objective } from "./objective.ts";

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

/** A step is done: `weights` is where it ends. */
export interface Step {
  readonly kind: "step";
  weights: Float64Array;
}

export type Query = ValueQuery | GradientQuery | ProductQuery | Step;

/**
 * An optimiser on its way: it asks for values, gradients and products, is answered in place, and says when a step is done. So
 * one way of writing it serves functions that answer at once and networks that answer later. It ends where it knows no further.
 */
export type Walk = Generator<Query, void>;

/** What a walk has at its start. It must not write to the weights. */
export interface Outset {
  readonly start: Float64Array;
  readonly random: RandomStream;
}

/** How much was asked of the function. */
export interface WalkCost {
  values: number;
  gradients: number;
  products: number;
}

/**
 * Goes along on a function that answers at once.
 *
 * @param visit is shown the weights after each step, which change afterwards; the walk ends where it gives true
 * @returns what it cost; `visit`'s own looks are not counted
 */
export function follow(objective: Objective, walk: Walk, visit: (weights: Float64Array) => boolean): WalkCost {
  const cost = { values: 0, gradients: 0, products: 0 };
  for (const query of walk) {
    if (query.kind === "gradient") {
      cost.gradients++;
      objective.gradient(query.at, query.found);
    } else if (query.kind === "step") {
      if (visit(query.weights)) break;
    } else if (query.kind === "product") {
      cost.products++;
      objective.hessianVector(query.at, query.vector, query.found);
    } else {
      cost.values++;
      query.found = objective.value(query.at);
    }
  }
  return cost;
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
