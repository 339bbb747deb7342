import { z } from "zod";
import type { Instrument } from "../../src/instruments/instrument.ts";
import type { Desk } from "../../src/quantities/desk.ts";
import type { Part } from "../../src/instruments/part.ts";
import { profileResult, type ProfileResult } from "../../src/instruments/profile-result.ts";
import { shownReadings } from "../../src/instruments/shown-readings.ts";
import type { Reading } from "../../src/result/section.ts";

/** A result that holds these parts, as a file does, and no others. */
export function resultWith(parts: object): ProfileResult {
  return profileResult.parse({
    loss: 1,
    accuracy: null,
    gradientNorm: 1,
    verdicts: [],
    sections: [],
    converged: true,
    products: 0,
    ...parts,
  });
}

/** What one instrument measures, by itself. */
export async function partOf<P extends Part, R>(
  instrument: Instrument<P, R>,
  desk: Desk,
): Promise<z.output<z.ZodObject<P>>> {
  const { part } = await instrument.run(desk);
  return z.object(instrument.part).parse(part);
}

/** What the section of that instrument shows. */
export function readingsOf(instrument: string, result: ProfileResult): readonly Reading[] {
  const section = result.sections.find((each) => each.instrument === instrument);
  return section === undefined ? [] : shownReadings(section, result);
}
