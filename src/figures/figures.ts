import type { ProfileResult } from "../result/profile-result.ts";
import type { ResultDocument } from "../result/result-kinds.ts";
import { attributionClasses } from "./attribution-classes.ts";
import { attributionTensors } from "./attribution-tensors.ts";
import { extremalEigenvalues } from "./extremal-eigenvalues.ts";
import type { Figure, FigureKind } from "./figure.ts";
import { flatnessRescaling } from "./flatness-rescaling.ts";
import { gaussNewtonComparison } from "./gauss-newton.ts";
import { gradientTensors } from "./gradient-tensors.ts";
import { layerCurvature } from "./layer-curvature.ts";
import { noiseSpectrum } from "./noise-spectrum.ts";
import { spectralDensity } from "./spectral-density.ts";
import { unitStates } from "./units.ts";

/** Every figure that can be drawn, in the order in which a report shows them. */
const FIGURE_KINDS: readonly FigureKind[] = [
  gradientTensors,
  spectralDensity,
  extremalEigenvalues,
  gaussNewtonComparison,
  noiseSpectrum,
  flatnessRescaling,
  layerCurvature,
  attributionTensors,
  attributionClasses,
  unitStates,
];

/**
 * The figures of a result: none where a result has nothing to draw, and none for a part that was not measured.
 *
 * @example
 * figuresOf(document).map(({ name }) => name); // ["spectral-density", …]
 */
export function figuresOf(document: ResultDocument): Figure[] {
  return document.schema === "thalweg/profile@1" ? profileFigures(document.result) : [];
}

/** The figures of a profile. */
export function profileFigures(result: ProfileResult): Figure[] {
  return FIGURE_KINDS.flatMap(({ name, instrument, of }) => {
    const drawn = of(result);
    return drawn === undefined ? [] : [{ name, instrument, ...drawn }];
  });
}
