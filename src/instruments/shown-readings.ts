import type { Reading, Section } from "../result/section.ts";
import { formatNumber } from "../util/format-number.ts";
import type { ProfileInstrument, ProfileResult } from "./profile-result.ts";
import { INSTRUMENTS } from "./registry.ts";

/** The lines of an instrument, of a result that holds its numbers. */
export function readingsOf(instrument: ProfileInstrument, result: ProfileResult): Reading[] {
  return instrument.readings(result).filter((reading) => reading !== undefined);
}

/**
 * What a section shows, line by line: what it stores, or, of a result that leaves that to whoever shows it, as 0.1.0
 * did, what the instrument of that name makes of the numbers; none where there is no such instrument.
 */
export function shownReadings(section: Section, result: ProfileResult): readonly Reading[] {
  if (section.readings !== null) return section.readings;
  try {
    const instrument = INSTRUMENTS.find(({ name }) => name === section.instrument);
    return instrument === undefined ? [] : readingsOf(instrument, result);
  } catch (error) {
    // Of a result that another version wrote: its other sections can still be shown.
    return [{ label: "Numbers", value: formatNumber(null), note: `they cannot be shown: ${String(error)}` }];
  }
}

/** One of the few numbers that are looked for first, and whose it is. */
export interface KeyReading extends Reading {
  readonly instrument: string;
  readonly number?: { readonly value: number; readonly error: number | null };
}

/**
 * The few numbers that a reader looks for first, by the names that they have there; also those that every run has,
 * whichever instruments it ran.
 */
export function keyReadings(result: ProfileResult): KeyReading[] {
  const ran = new Set(result.sections.map(({ instrument }) => instrument));
  const known = INSTRUMENTS.filter(({ name, isKnown }: ProfileInstrument) => isKnown === true && !ran.has(name));
  const readings = [
    ...known.map((instrument) => ({ instrument: instrument.name, readings: readingsOf(instrument, result) })),
    ...result.sections.map((section) => ({ instrument: section.instrument, readings: shownReadings(section, result) })),
  ];
  return readings.flatMap(({ instrument, readings: lines }) =>
    lines.flatMap((reading) => (reading.key === undefined ? [] : [{ ...reading, ...reading.key, instrument }])),
  );
}
