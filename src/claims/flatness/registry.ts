import { flatMinima } from "./flat-minima.ts";
import { largeBatches } from "./large-batches.ts";
import { rescaledSharpness } from "./rescaled-sharpness.ts";
import { sharpnessAwareBounce } from "./sharpness-aware-bounce.ts";
import { worstNeighbour } from "./worst-neighbour.ts";

export const FLATNESS = [flatMinima, worstNeighbour, largeBatches, rescaledSharpness, sharpnessAwareBounce] as const;
