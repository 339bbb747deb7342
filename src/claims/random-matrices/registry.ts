import { edgeFluctuations } from "./edge-fluctuations.ts";
import { halfNegative } from "./half-negative.ts";
import { manyCriticalPoints } from "./many-critical-points.ts";
import { minimaLieHigh } from "./minima-lie-high.ts";
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
  manyCriticalPoints,
  minimaLieHigh,
  edgeFluctuations,
] as const;
