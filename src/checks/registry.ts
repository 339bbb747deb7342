import type { DerivativeCheck } from "./derivative-check.ts";
import { determinism } from "./determinism.ts";
import { gaussNewtonPositive } from "./gauss-newton-positive.ts";
import { gradientDifference } from "./gradient-difference.ts";
import { hessianDifference } from "./hessian-difference.ts";
import { hessianLinearity } from "./hessian-linearity.ts";
import { hessianSymmetry } from "./hessian-symmetry.ts";
import { jacobianAdjoint } from "./jacobian-adjoint.ts";
import { precision } from "./precision.ts";

export const DERIVATIVE_CHECKS: readonly DerivativeCheck[] = [
  determinism,
  gradientDifference,
  hessianDifference,
  hessianSymmetry,
  hessianLinearity,
  gaussNewtonPositive,
  jacobianAdjoint,
  precision,
];
