import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { gaussian } from "./gaussian.ts";
import { heteroscedasticGaussian } from "./heteroscedastic-gaussian.ts";
import { hinge } from "./hinge.ts";
import { huber } from "./huber.ts";
import type { Loss } from "./loss.ts";
import { meanAbsoluteError } from "./mean-absolute-error.ts";
import { meanSquaredError } from "./mean-squared-error.ts";
import { multiMargin } from "./multi-margin.ts";
import { outputLoss } from "./output-loss.ts";
import { pinball } from "./pinball.ts";
import { poisson } from "./poisson.ts";
import { smoothL1 } from "./smooth-l1.ts";
import { requireUnique } from "../../util/require-unique.ts";

export const LOSSES: readonly Loss[] = requireUnique(
  [
    crossEntropy,
    binaryCrossEntropy,
    meanSquaredError,
    meanAbsoluteError,
    huber,
    smoothL1,
    gaussian,
    heteroscedasticGaussian,
    poisson,
    pinball,
    hinge,
    multiMargin,
    outputLoss,
  ],
  ({ name }) => name,
  "losses",
);
