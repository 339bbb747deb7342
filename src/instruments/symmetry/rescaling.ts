import type { Value } from "../../graph/value.ts";
import { unreachedParameters } from "../../problem/unreached-parameters.ts";
import type { Measurement } from "../measurement.ts";
import { scalingExponents, type Exponents } from "./scaling-exponents.ts";

/** Scalings of whole tensors that leave the function alone, by positive factors. */
export function layerScalings(measurement: Measurement): Exponents[] {
  return scalingExponents([measurement.problem.graph().outputs], reachedParameters(measurement), "positive");
}

/** The parameters that the outputs are computed from: what they do not depend on has no symmetry to tell of. */
export function reachedParameters({ problem }: Measurement): Value[] {
  const { parameters } = problem.network.imported;
  const unreached = new Set(unreachedParameters([problem.graph().outputs], parameters));
  return [...parameters].flatMap(([name, value]) => (unreached.has(name) ? [] : [value]));
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
