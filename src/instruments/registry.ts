import type { ProfileResult } from "../result/profile-result.ts";
import { attributionInstrument } from "./attribution.ts";
import { eigenvaluesInstrument } from "./eigenvalues.ts";
import { flatnessInstrument } from "./flatness.ts";
import { gaussNewtonInstrument, residualInstrument } from "./gauss-newton.ts";
import { gradientInstrument } from "./gradient.ts";
import type { Instrument } from "./instrument.ts";
import { layersInstrument } from "./layers.ts";
import { linesInstrument } from "./lines.ts";
import { lossInstrument } from "./loss.ts";
import { noiseInstrument } from "./noise.ts";
import type { Reading } from "./reading.ts";
import { spectrumInstrument } from "./spectrum.ts";
import { stabilityInstrument } from "./stability.ts";
import { symmetriesInstrument } from "./symmetries.ts";
import { traceInstrument } from "./trace.ts";
import { formatNumber } from "../util/format-number.ts";
import { unitsInstrument } from "./units.ts";

/** The instruments of a profile, in the order in which they run and are reported. */
export const INSTRUMENTS: readonly Instrument[] = [
  lossInstrument,
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
];

/** What the instrument of that name measured, line by line; none where it measured nothing. */
export function readingsOf(instrument: string, result: ProfileResult): Reading[] {
  try {
    const lines = INSTRUMENTS.find(({ name }) => name === instrument)?.readings(result) ?? [];
    return lines.filter((reading) => reading !== undefined);
  } catch (error) {
    // Of a result that another version wrote: its other sections can still be shown.
    return [{ label: "Numbers", value: formatNumber(null), note: `they cannot be shown: ${String(error)}` }];
  }
}
