import type { Family } from "../term.ts";
import { bulk } from "./bulk.ts";
import { conditionNumber } from "./condition-number.ts";
import { effectiveRank } from "./effective-rank.ts";
import { frobenius } from "./frobenius.ts";
import { outliers } from "./outliers.ts";
import { spectralDensity } from "./spectral-density.ts";
import { trace } from "./trace.ts";

export const spectrumTerms: Family = {
  title: "Spectrum",
  terms: [spectralDensity, outliers, bulk, trace, frobenius, effectiveRank, conditionNumber],
};
