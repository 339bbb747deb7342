import { sharpnessAwareBounce } from "./sharpness-aware-bounce.ts";

export const FLATNESS = [sharpnessAwareBounce] as const;
