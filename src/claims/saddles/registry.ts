import { adaptedEscape } from "./adapted-escape.ts";
import { curvedEscape } from "./curved-escape.ts";
import { flatEscape } from "./flat-escape.ts";
import { lingering } from "./lingering.ts";
import { momentumEscape } from "./momentum-escape.ts";
import { noisyEscape } from "./noisy-escape.ts";
import { rateOfEscape } from "./rate-of-escape.ts";

export const SADDLES = [
  rateOfEscape,
  lingering,
  flatEscape,
  adaptedEscape,
  momentumEscape,
  curvedEscape,
  noisyEscape,
] as const;
