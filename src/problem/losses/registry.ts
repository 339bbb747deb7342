import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { huber } from "./huber.ts";
import type { Loss } from "./loss.ts";
import { meanAbsoluteError } from "./mean-absolute-error.ts";
import { meanSquaredError } from "./mean-squared-error.ts";
import { outputLoss } from "./output-loss.ts";
import { smoothL1 } from "./smooth-l1.ts";
import { requireUnique } from "../../util/require-unique.ts";

export const LOSSES: readonly Loss[] = requireUnique(
  [crossEntropy, binaryCrossEntropy, meanSquaredError, meanAbsoluteError, huber, smoothL1, outputLoss],
  ({ name }) => name,
  "losses",
);
