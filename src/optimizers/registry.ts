import { requireUnique } from "../util/require-unique.ts";
import { adam } from "./adam.ts";
import { adamw } from "./adamw.ts";
import { averagedGradient } from "./averaged-gradient.ts";
import { gradientDescent } from "./gradient-descent.ts";
import { gaussNewton } from "./gauss-newton.ts";
import { heavyBall } from "./heavy-ball.ts";
import { lion } from "./lion.ts";
import { bfgs } from "./bfgs.ts";
import { kfac } from "./kfac.ts";
import { lbfgs } from "./lbfgs.ts";
import { levenbergMarquardt } from "./levenberg-marquardt.ts";
import { naturalGradient } from "./natural-gradient.ts";
import { muon } from "./muon.ts";
import { newtonCg } from "./newton-cg.ts";
import { newton } from "./newton.ts";
import { nesterov } from "./nesterov.ts";
import type { CoordinateOptimizer, MatrixOptimizer, Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { saddleFreeNewton } from "./saddle-free-newton.ts";
import { perturbedGradientDescent } from "./perturbed-gradient-descent.ts";
import { exactTrustRegion } from "./exact-trust-region.ts";
import { sharpnessAware } from "./sharpness-aware.ts";
import { sgd } from "./sgd.ts";
import { shampoo } from "./shampoo.ts";
import { soap } from "./soap.ts";

/** The optimisers that act coordinate by coordinate: what trains in a graph. In the order of the help. */
export const COORDINATE_OPTIMIZERS: readonly CoordinateOptimizer[] = [
  gradientDescent,
  heavyBall,
  nesterov,
  averagedGradient,
  sgd,
  rmsprop,
  adam,
  adamw,
  lion,
];

/** The optimisers whose update is of whole tensors, and which train in a graph, too. */
export const MATRIX_OPTIMIZERS: readonly MatrixOptimizer[] = [muon, shampoo, soap, sharpnessAware];

/** Every optimiser, in the order of the help. */
export const OPTIMIZERS: readonly Optimizer[] = [
  ...COORDINATE_OPTIMIZERS,
  ...MATRIX_OPTIMIZERS,
  perturbedGradientDescent,
  newton,
  saddleFreeNewton,
  newtonCg,
  exactTrustRegion,
  gaussNewton,
  levenbergMarquardt,
  naturalGradient,
  kfac,
  lbfgs,
  bfgs,
];

requireUnique(OPTIMIZERS, ({ name }) => name, "optimisers");
