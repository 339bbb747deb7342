/** A function to walk on, as operators: nothing here is a matrix. */
export interface Objective {
  readonly dimension: number;
  value(x: Float64Array): number;
  /** Writes ∇f(x) into a vector. */
  gradient(x: Float64Array, into: Float64Array): void;
  /** Writes ∇²f(x)·v into a vector. */
  hessianVector(x: Float64Array, v: Float64Array, into: Float64Array): void;
}
