import { contraction } from "./contraction.ts";
import { gaussNewtonIsBlind } from "./gauss-newton-is-blind.ts";
import { heavyBallRate } from "./heavy-ball-rate.ts";
import { limitedMemory } from "./limited-memory.ts";
import { newtonAtSaddles } from "./newton-at-saddles.ts";
import { newtonDigits } from "./newton-digits.ts";

export const CONDITIONING = [
  contraction,
  heavyBallRate,
  newtonDigits,
  newtonAtSaddles,
  gaussNewtonIsBlind,
  limitedMemory,
] as const;
