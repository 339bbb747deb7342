import { type Drawing, draw, type OwnedFigureKind } from "../figures/draw.ts";
import type { Figure } from "../figures/figure.ts";
import type { ProfileInstrument, ProfileResult } from "./profile-result.ts";
import { INSTRUMENTS } from "./registry.ts";

/** The kinds of figures of all instruments. */
export const PROFILE_FIGURES: readonly OwnedFigureKind<ProfileResult>[] = INSTRUMENTS.flatMap(
  ({ name: instrument, figures = [] }: ProfileInstrument) => figures.map((kind) => ({ ...kind, instrument })),
);

/** The figures that draw the numbers of one instrument. */
export function figuresOfOne({ name }: Pick<ProfileInstrument, "name">, result: ProfileResult): readonly Figure[] {
  return draw(
    PROFILE_FIGURES.filter(({ instrument }) => instrument === name),
    result,
  ).figures;
}

/** The figures of a profile. */
export function profileFigures(result: ProfileResult): Drawing {
  return draw(PROFILE_FIGURES, result);
}
