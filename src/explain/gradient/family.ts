import type { Family } from "../term.ts";
import { criticalBatchSize } from "./critical-batch-size.ts";
import { gradient } from "./gradient.ts";
import { noiseScale } from "./noise-scale.ts";

export const gradientTerms: Family = {
  title: "Gradient and noise",
  terms: [gradient, noiseScale, criticalBatchSize],
};
