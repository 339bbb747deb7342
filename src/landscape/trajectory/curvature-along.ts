import { dot, norm2, plusMultiple } from "../../linalg/vector.ts";

export interface RayleighQuotient {
  readonly value: number;
  /** What rounding of the vector leaves of it unknown. */
  readonly rounding: number;
}

/** A vector that rounding turns by more has no direction to speak of. */
const TURNED = 0.1;

/**
 * vᵀHv / ‖v‖² along a vector that rounding leaves unknown by `rounding` in length: to first order this moves the quotient
 * ρ by 2 ‖Hv − ρv‖ · rounding / ‖v‖² at most. For the second order the matrix is taken to be as large as along v.
 *
 * @returns undefined where the vector is 0, or not told apart from its rounding
 * @example
 * curvatureAlong(Float64Array.of(1, 0), Float64Array.of(3, 0), 0); // { value: 3, rounding: 0 }
 */
export function curvatureAlong(v: Float64Array, product: Float64Array, rounding: number): RayleighQuotient | undefined {
  const length = norm2(v);
  const turned = rounding / length;
  if (!(length > 0) || turned > TURNED) return undefined;
  const unit = v.map((x) => x / length);
  const along = product.map((x) => x / length);
  const value = dot(unit, along);
  const across = norm2(plusMultiple(along, -value, unit));
  return { value, rounding: 2 * turned * across + 2 * turned ** 2 * norm2(along) };
}
