import { type Drawing, draw, type OwnedFigureKind } from "../figures/draw.ts";
import type { Figure } from "../figures/figure.ts";
import type { ProfileInstrument, ProfileResult } from "./profile-result.ts";
import { INSTRUMENTS } from "./registry.ts";

/** The kinds of figures of all instruments. */
export const PROFILE_FIGURES: readonly OwnedFigureKind<ProfileResult>[] = INSTRUMENTS.flatMap(
  ({ name: instrument, figures = [] }: ProfileInstrument) => figures.map((kind) => ({ ...kind, instrument })),
);

/** The figures that are as they will be once an instrument is measured, but not before; others are missing still. */
export function figuresDueAfter(
  { name }: Pick<ProfileInstrument, "name">,
  missing: ReadonlySet<string>,
  result: ProfileResult,
): readonly Figure[] {
  const isDue = ({ instrument, waitsFor = [] }: OwnedFigureKind<ProfileResult>) => {
    const shown = [instrument, ...waitsFor];
    return shown.includes(name) && !shown.some((each) => missing.has(each));
  };
  return draw(PROFILE_FIGURES.filter(isDue), result).figures;
}

/** The figures of a profile. */
export function profileFigures(result: ProfileResult): Drawing {
  return draw(PROFILE_FIGURES, result);
}
