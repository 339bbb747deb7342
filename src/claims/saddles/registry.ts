import { adaptedEscape } from "./adapted-escape.ts";
import { curvedEscape } from "./curved-escape.ts";
import { exponentialTime } from "./exponential-time.ts";
import { flatEscape } from "./flat-escape.ts";
import { freezing } from "./freezing.ts";
import { lingering } from "./lingering.ts";
import { momentumEscape } from "./momentum-escape.ts";
import { noisyEscape } from "./noisy-escape.ts";
import { perturbedEscape } from "./perturbed-escape.ts";
import { rateOfEscape } from "./rate-of-escape.ts";

export const SADDLES = [
  rateOfEscape,
  lingering,
  flatEscape,
  adaptedEscape,
  momentumEscape,
  curvedEscape,
  perturbedEscape,
  exponentialTime,
  noisyEscape,
  freezing,
] as const;
