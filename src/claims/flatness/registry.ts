import { batchSharpness } from "./batch-sharpness.ts";
import { blockSharpness } from "./block-sharpness.ts";
import { centralFlow } from "./central-flow.ts";
import { conflictingExamples } from "./conflicting-examples.ts";
import { criticalSharpness } from "./critical-sharpness.ts";
import { edgeOfStability } from "./edge-of-stability.ts";
import { effectiveParameters } from "./effective-parameters.ts";
import { filterNormalised } from "./filter-normalised.ts";
import { flatMinima } from "./flat-minima.ts";
import { geometryAndGap } from "./geometry-and-gap.ts";
import { largeBatches } from "./large-batches.ts";
import { randomSlice } from "./random-slice.ts";
import { rescaledSharpness } from "./rescaled-sharpness.ts";
import { riverAndValley } from "./river-and-valley.ts";
import { sharpnessAwareBounce } from "./sharpness-aware-bounce.ts";
import { traceAsComplexity } from "./trace-as-complexity.ts";
import { worstNeighbour } from "./worst-neighbour.ts";

export const FLATNESS = [
  flatMinima,
  worstNeighbour,
  largeBatches,
  rescaledSharpness,
  sharpnessAwareBounce,
  filterNormalised,
  randomSlice,
  traceAsComplexity,
  geometryAndGap,
  edgeOfStability,
  criticalSharpness,
  effectiveParameters,
  blockSharpness,
  centralFlow,
  riverAndValley,
  conflictingExamples,
  batchSharpness,
] as const;
