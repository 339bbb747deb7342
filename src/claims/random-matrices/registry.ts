import { semicircle } from "./semicircle.ts";

export const RANDOM_MATRICES = [semicircle] as const;
