import { flatMinima } from "./flat-minima.ts";
import { rescaledSharpness } from "./rescaled-sharpness.ts";
import { sharpnessAwareBounce } from "./sharpness-aware-bounce.ts";

export const FLATNESS = [flatMinima, rescaledSharpness, sharpnessAwareBounce] as const;
