import { rescaledSharpness } from "./rescaled-sharpness.ts";
import { sharpnessAwareBounce } from "./sharpness-aware-bounce.ts";

export const FLATNESS = [rescaledSharpness, sharpnessAwareBounce] as const;
