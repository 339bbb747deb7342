import type { Figure, FigureKind } from "../figures/figure.ts";
import { printable } from "../util/printable.ts";
import type { ProfileInstrument, ProfileResult } from "./profile-result.ts";
import { INSTRUMENTS } from "./registry.ts";

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
  for (const { name, instrument, hero, of } of figureKinds()) {
    try {
      const drawn = of(result);
      if (drawn !== undefined) figures.push({ name, instrument, hero, ...drawn, spec: withPrintableText(drawn.spec) });
    } catch (error) {
      failed.push({ name, instrument, error });
    }
  }
  return { figures, failed };
}

/** The kinds of figures of all instruments, those of the first screen first. */
function figureKinds(): readonly (FigureKind<ProfileResult> & { readonly instrument: string })[] {
  return INSTRUMENTS.flatMap(({ name: instrument, figures = [] }: ProfileInstrument) =>
    figures.map((kind) => ({ ...kind, instrument })),
  );
}

/** A specification becomes a program of Vega's and an SVG: names of tensors must pass through both. */
function withPrintableText(spec: Figure["spec"]): Figure["spec"] {
  const copy: Figure["spec"] = JSON.parse(JSON.stringify(spec), (_key, value: unknown) =>
    typeof value === "string" ? printable(value) : value,
  );
  return copy;
}
