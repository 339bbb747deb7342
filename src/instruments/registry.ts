import { requireUnique } from "../util/require-unique.ts";
import { attributionInstrument } from "./attribution.ts";
import { eigenvaluesInstrument } from "./eigenvalues.ts";
import { flatnessInstrument } from "./flatness.ts";
import { gaussNewtonInstrument, residualInstrument } from "./gauss-newton.ts";
import { gradientInstrument } from "./gradient.ts";
import { heldOutInstrument } from "./held-out.ts";
import { layersInstrument } from "./layers.ts";
import { linesInstrument } from "./lines.ts";
import { lossInstrument } from "./loss.ts";
import { noiseInstrument } from "./noise.ts";
import { spectrumInstrument } from "./spectrum.ts";
import { stabilityInstrument } from "./stability.ts";
import { symmetriesInstrument } from "./symmetries.ts";
import { traceInstrument } from "./trace.ts";
import { unitsInstrument } from "./units.ts";

/** The instruments of a profile, in the order in which they run and are reported. */
export const INSTRUMENTS = [
  lossInstrument,
  heldOutInstrument,
  eigenvaluesInstrument,
  gradientInstrument,
  stabilityInstrument,
  linesInstrument,
  traceInstrument,
  spectrumInstrument,
  gaussNewtonInstrument,
  residualInstrument,
  layersInstrument,
  attributionInstrument,
  noiseInstrument,
  unitsInstrument,
  symmetriesInstrument,
  flatnessInstrument,
] as const;

requireUnique(INSTRUMENTS, ({ name }) => name, "instruments");
