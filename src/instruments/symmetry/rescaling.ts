import type { Measurement } from "../measurement.ts";
import { scalingExponents, type Exponents } from "./scaling-exponents.ts";

/** Scalings of whole tensors that leave the function alone, by positive factors. */
export function layerScalings(measurement: Measurement): Exponents[] {
  const { outputs, parameters } = measurement.problem.graph();
  return scalingExponents([outputs], parameters, "positive");
}

/** The generator D of θ ↦ e^{sD}θ, D diagonal, from one exponent a tensor. */
export function tensorGenerator(measurement: Measurement, exponents: Exponents): Float64Array {
  const { space } = measurement.problem;
  const generator = new Float64Array(space.dimension);
  for (const { name, offset, size } of space.tensors) generator.fill(exponents.get(name) ?? 0, offset, offset + size);
  return generator;
}

/** θ with every coordinate multiplied by factor^exponent. */
export function rescaled(point: Float64Array, generator: Float64Array, factor: number): Float64Array {
  return point.map((x, i) => x * factor ** generator[i]);
}
