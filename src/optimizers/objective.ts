import type { NetworkFactors } from "../problem/layer-factors.ts";

/** A function to walk on, as operators: nothing here is a matrix. */
export interface Objective {
  readonly dimension: number;
  value(x: Float64Array): number;
  /** Writes ∇f(x) into a vector. */
  gradient(x: Float64Array, into: Float64Array): void;
  /** Writes ∇²f(x)·v into a vector. */
  hessianVector(x: Float64Array, v: Float64Array, into: Float64Array): void;
  /** Writes JᵀJ·v into a vector, J the Jacobian of the residuals r of f = ½‖r‖²; absent where f is no such sum. */
  gaussNewtonVector?(x: Float64Array, v: Float64Array, into: Float64Array): void;
}

/** A function that answers later, as a network does. */
export interface LaterObjective {
  value(x: Float64Array): Promise<number>;
  gradient(x: Float64Array): Promise<Float64Array>;
  hessianVector(x: Float64Array, v: Float64Array): Promise<Float64Array>;
  /** JᵀMJ·v, J the Jacobian of the outputs and M the Hessian of the loss with respect to them (Schraudolph 2002). */
  gaussNewtonVector(x: Float64Array, v: Float64Array): Promise<Float64Array>;
  /** The layers of a network, whose blocks of JᵀMJ are about G ⊗ A; absent where the function is none. */
  layerFactors?(x: Float64Array): Promise<NetworkFactors>;
}
