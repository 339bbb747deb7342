import { batchSharpness } from "./batch-sharpness.ts";
import { blockSharpness } from "./block-sharpness.ts";
import { centralFlow } from "./central-flow.ts";
import { conflictingExamples } from "./conflicting-examples.ts";
import { criticalSharpness } from "./critical-sharpness.ts";
import { effectiveParameters } from "./effective-parameters.ts";
import { flatMinima } from "./flat-minima.ts";
import { largeBatches } from "./large-batches.ts";
import { rescaledSharpness } from "./rescaled-sharpness.ts";
import { riverAndValley } from "./river-and-valley.ts";
import { sharpnessAwareBounce } from "./sharpness-aware-bounce.ts";
import { worstNeighbour } from "./worst-neighbour.ts";

export const FLATNESS = [
  flatMinima,
  worstNeighbour,
  largeBatches,
  rescaledSharpness,
  sharpnessAwareBounce,
  criticalSharpness,
  effectiveParameters,
  blockSharpness,
  centralFlow,
  riverAndValley,
  conflictingExamples,
  batchSharpness,
] as const;
