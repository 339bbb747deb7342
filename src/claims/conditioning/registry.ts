import { contraction } from "./contraction.ts";
import { dampingAndDescent } from "./damping-and-descent.ts";
import { decayedCurvature } from "./decayed-curvature.ts";
import { diagonalPreconditioner } from "./diagonal-preconditioner.ts";
import { fallingStepSize } from "./falling-step-size.ts";
import { flatMomentum } from "./flat-momentum.ts";
import { gaussNewtonIsBlind } from "./gauss-newton-is-blind.ts";
import { heavyBallRate } from "./heavy-ball-rate.ts";
import { limitedMemory } from "./limited-memory.ts";
import { naturalCondition } from "./natural-condition.ts";
import { negativeCurvature } from "./negative-curvature.ts";
import { newtonAtSaddles } from "./newton-at-saddles.ts";
import { newtonDigits } from "./newton-digits.ts";
import { warmUp } from "./warm-up.ts";

export const CONDITIONING = [
  contraction,
  heavyBallRate,
  flatMomentum,
  newtonDigits,
  newtonAtSaddles,
  gaussNewtonIsBlind,
  negativeCurvature,
  limitedMemory,
  dampingAndDescent,
  naturalCondition,
  diagonalPreconditioner,
  decayedCurvature,
  fallingStepSize,
  warmUp,
] as const;
