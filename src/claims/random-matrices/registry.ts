import { edgeFluctuations } from "./edge-fluctuations.ts";
import { equalMinima } from "./equal-minima.ts";
import { halfNegative } from "./half-negative.ts";
import { heightShiftsSpectrum } from "./height-shifts-spectrum.ts";
import { indexOfEnergy } from "./index-of-energy.ts";
import { manyCriticalPoints } from "./many-critical-points.ts";
import { minimaLieHigh } from "./minima-lie-high.ts";
import { minimaOfAPlane } from "./minima-of-a-plane.ts";
import { outliers } from "./outliers.ts";
import { semicircle } from "./semicircle.ts";
import { spikedIndex } from "./spiked-index.ts";
import { universality } from "./universality.ts";

export const RANDOM_MATRICES = [
  semicircle,
  universality,
  spikedIndex,
  outliers,
  halfNegative,
  heightShiftsSpectrum,
  indexOfEnergy,
  equalMinima,
  manyCriticalPoints,
  minimaLieHigh,
  edgeFluctuations,
  minimaOfAPlane,
] as const;
