import type { Value } from "../../graph/value.ts";
import { unreachedParameters } from "../../problem/unreached-parameters.ts";
import type { Desk } from "../../quantities/desk.ts";
import { scalingExponents, type Exponents } from "./scaling-exponents.ts";

/** Scalings of whole tensors that leave the function alone, by positive factors. */
export function layerScalings(at: Pick<Desk, "problem">): Exponents[] {
  return scalingExponents([at.problem.graph().outputs], reachedParameters(at), "positive");
}

/** The parameters that the outputs are computed from: what they do not depend on has no symmetry to tell of. */
export function reachedParameters({ problem }: Pick<Desk, "problem">): Value[] {
  const { parameters } = problem.network.imported;
  const unreached = new Set(unreachedParameters([problem.graph().outputs], parameters));
  return [...parameters].flatMap(([name, value]) => (unreached.has(name) ? [] : [value]));
}

/** The generator D of θ ↦ e^{sD}θ, D diagonal, from one exponent a tensor. */
export function tensorGenerator(desk: Desk, exponents: Exponents): Float64Array {
  const { space } = desk.problem;
  const generator = new Float64Array(space.dimension);
  for (const { name, offset, size } of space.tensors) generator.fill(exponents.get(name) ?? 0, offset, offset + size);
  return generator;
}

/** θ with every coordinate multiplied by factor^exponent. */
export function rescaled(point: Float64Array, generator: Float64Array, factor: number): Float64Array {
  return point.map((x, i) => x * factor ** generator[i]);
}
