import { edgeFluctuations } from "./edge-fluctuations.ts";
import { equalMinima } from "./equal-minima.ts";
import { flatAtInterpolation } from "./flat-at-interpolation.ts";
import { gradientOnTop } from "./gradient-on-top.ts";
import { halfNegative } from "./half-negative.ts";
import { heightShiftsSpectrum } from "./height-shifts-spectrum.ts";
import { indexOfEnergy } from "./index-of-energy.ts";
import { manyCriticalPoints } from "./many-critical-points.ts";
import { minimaLieHigh } from "./minima-lie-high.ts";
import { minimaOfAPlane } from "./minima-of-a-plane.ts";
import { noSemicircle } from "./no-semicircle.ts";
import { outlierForEachClass } from "./outlier-for-each-class.ts";
import { outliers } from "./outliers.ts";
import { semicircle } from "./semicircle.ts";
import { shallowNegative } from "./shallow-negative.ts";
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
  flatAtInterpolation,
  outlierForEachClass,
  shallowNegative,
  gradientOnTop,
  noSemicircle,
  edgeFluctuations,
  minimaOfAPlane,
] as const;
