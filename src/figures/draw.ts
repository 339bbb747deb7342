import { printable } from "../util/printable.ts";
import type { Figure, FigureKind } from "./figure.ts";

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

/** A kind of figure, and who measured its numbers. */
export interface OwnedFigureKind<Result> extends FigureKind<Result> {
  readonly instrument: string;
}

/**
 * The figures of a result: none for a part that was not measured. One that fails leaves the others.
 *
 * @example
 * draw(kinds, result).figures.map(({ name }) => name); // ["spectral-density", …]
 */
export function draw<Result>(kinds: readonly OwnedFigureKind<Result>[], result: Result): Drawing {
  const figures: Figure[] = [];
  const failed: FailedFigure[] = [];
  for (const { name, instrument, hero, of } of kinds) {
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
