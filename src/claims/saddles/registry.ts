import { curvedEscape } from "./curved-escape.ts";
import { flatEscape } from "./flat-escape.ts";
import { noisyEscape } from "./noisy-escape.ts";

export const SADDLES = [flatEscape, curvedEscape, noisyEscape] as const;
