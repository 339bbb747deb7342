import { descentLemma } from "./descent-lemma.ts";
import { localMaxima } from "./local-maxima.ts";
import { positiveEigenvalues } from "./positive-eigenvalues.ts";
import { quadraticModel } from "./quadratic-model.ts";
import { signsOfCurvature } from "./signs-of-curvature.ts";
import { stableSteps } from "./stable-steps.ts";
import { steepestDirection } from "./steepest-direction.ts";
import { storedHessian } from "./stored-hessian.ts";
import { strictSaddles } from "./strict-saddles.ts";
import { symmetricHessian } from "./symmetric-hessian.ts";

export const GEOMETRY = [
  quadraticModel,
  steepestDirection,
  symmetricHessian,
  signsOfCurvature,
  descentLemma,
  stableSteps,
  positiveEigenvalues,
  strictSaddles,
  localMaxima,
  storedHessian,
] as const;
