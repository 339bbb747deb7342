import type { Value } from "../graph/value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { fullLike } from "../ops/elementwise.ts";
import { pullback } from "./pullback.ts";
import { pushforward } from "./pushforward.ts";

function requireScalar(loss: Value): void {
  if (loss.shape.length === 0) return;
  throw new ThalwegError({
    kind: "internal",
    code: "not-a-scalar",
    message: `A gradient needs a scalar, not a value of shape [${loss.shape.join(", ")}].`,
  });
}

/** ∂L/∂θ for each parameter tensor. Cost: about three forward passes. */
export function gradient(loss: Value, parameters: readonly Value[]): Value[] {
  requireScalar(loss);
  return pullback([loss], [fullLike(loss, 1)], parameters);
}

/**
 * H v = d/dt ∇L(θ + t v), forward over reverse (Pearlmutter 1994), for each parameter tensor.
 * Cost: about two gradients.
 */
export function hessianVector(loss: Value, parameters: readonly Value[], vectors: readonly Value[]): Value[] {
  return pushforward(gradient(loss, parameters), parameters, vectors);
}

/**
 * Jᵀ M J v for outputs z(θ): pushes v forward to ż = J v, lets `curvature` turn ż into M ż, and pulls
 * that back. With M the Hessian of the loss in z this is the Gauss–Newton product (Schraudolph 2002).
 */
export function sandwich(
  outputs: Value,
  parameters: readonly Value[],
  vectors: readonly Value[],
  curvature: (tangent: Value) => Value,
): Value[] {
  const [tangent] = pushforward([outputs], parameters, vectors);
  return pullback([outputs], [curvature(tangent)], parameters);
}

/** The Hessian of a scalar in one intermediate value z, times ż. */
export function outputHessianVector(loss: Value, z: Value, tangent: Value): Value {
  requireScalar(loss);
  const first = pullback([loss], [fullLike(loss, 1)], [z]);
  return pushforward(first, [z], [tangent])[0];
}
