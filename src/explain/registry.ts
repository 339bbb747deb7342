import { basinsTerms } from "./basins/family.ts";
import { curvatureTerms } from "./curvature/family.ts";
import { estimatorsTerms } from "./estimators/family.ts";
import { flatnessTerms } from "./flatness/family.ts";
import { gradientTerms } from "./gradient/family.ts";
import { spectrumTerms } from "./spectrum/family.ts";
import { trainingTerms } from "./training/family.ts";
import type { Family, Term } from "./term.ts";

/** The glossary by subject. */
export const FAMILIES: readonly Family[] = [
  curvatureTerms,
  gradientTerms,
  spectrumTerms,
  estimatorsTerms,
  flatnessTerms,
  basinsTerms,
  trainingTerms,
];

/** Every term, in the order of the glossary. */
export const TERMS: readonly Term[] = FAMILIES.flatMap(({ terms }) => terms);
