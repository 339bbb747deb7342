import type { ProfileResult } from "../result/profile-result.ts";
import { attributionClasses } from "./attribution-classes.ts";
import { attributionTensors } from "./attribution-tensors.ts";
import { extremalEigenvalues } from "./extremal-eigenvalues.ts";
import type { Figure, FigureKind } from "./figure.ts";
import { flatnessRescaling } from "./flatness-rescaling.ts";
import { gaussNewtonComparison } from "./gauss-newton.ts";
import { gradientTensors } from "./gradient-tensors.ts";
import { layerCurvature } from "./layer-curvature.ts";
import { lossAlongLowest, lossAlongSharpest } from "./loss-along.ts";
import { noiseSpectrum } from "./noise-spectrum.ts";
import { spectralDensity } from "./spectral-density.ts";
import { unitStates } from "./units.ts";
import { printable } from "../util/printable.ts";

/** Every figure that can be drawn, in the order in which a report shows them. */
const FIGURE_KINDS: readonly FigureKind[] = [
  spectralDensity,
  lossAlongSharpest,
  lossAlongLowest,
  gradientTensors,
  extremalEigenvalues,
  gaussNewtonComparison,
  noiseSpectrum,
  flatnessRescaling,
  layerCurvature,
  attributionTensors,
  attributionClasses,
  unitStates,
];

/** What can be drawn of a result, and what should have been. */
export interface Drawing {
  readonly figures: readonly Figure[];
  readonly failed: readonly FailedFigure[];
}

/** A figure that could not be made from the numbers that it draws. */
export interface FailedFigure {
  readonly name: string;
  readonly instrument: string;
  readonly error: unknown;
}

/**
 * The figures of a profile: none for a part that was not measured. One that fails leaves the others.
 *
 * @example
 * profileFigures(result).figures.map(({ name }) => name); // ["spectral-density", …]
 */
export function profileFigures(result: ProfileResult): Drawing {
  const figures: Figure[] = [];
  const failed: FailedFigure[] = [];
  for (const { name, instrument, hero, of } of FIGURE_KINDS) {
    try {
      const drawn = of(result);
      if (drawn !== undefined) figures.push({ name, instrument, hero, ...drawn, spec: withPrintableText(drawn.spec) });
    } catch (error) {
      failed.push({ name, instrument, error });
    }
  }
  return { figures, failed };
}

/** A specification becomes a program of Vega's and an SVG: names of tensors must pass through both. */
function withPrintableText(spec: Figure["spec"]): Figure["spec"] {
  const copy: Figure["spec"] = JSON.parse(JSON.stringify(spec), (_key, value: unknown) =>
    typeof value === "string" ? printable(value) : value,
  );
  return copy;
}
