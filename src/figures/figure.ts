export type Cell = string | number | null;

/** The numbers behind a figure, for people who read tables and for screen readers. */
export interface FigureTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export type Hero = "main" | "side";

/**
 * A Vega-Lite 6 specification that stands alone, data inside. Vega's own types ask whoever reads them for those of a browser;
 * `vegaLite` in `vega-lite.ts` gives them.
 */
export interface Specification {
  readonly $schema?: string;
  readonly width?: unknown;
  readonly height?: unknown;
  readonly data?: unknown;
  readonly layer?: unknown;
  /** Drawings one below the other, in the place of one. */
  readonly vconcat?: unknown;
  readonly mark?: unknown;
  readonly encoding?: unknown;
  readonly params?: unknown;
  readonly config?: unknown;
}

/** A figure as data: what it is called, what it says, how to draw it, and its numbers. Never pixels. */
export interface Figure {
  /** File name without extension: "spectral-density". */
  readonly name: string;
  /** The instrument whose numbers it draws: "eigenvalues". */
  readonly instrument: string;
  readonly title: string;
  /** What is drawn and how to read it, in full sentences; also what a screen reader says. */
  readonly description: string;
  readonly spec: Specification;
  readonly table: FigureTable;
  readonly hero?: Hero;
}

/** One kind of figure: draws itself from a result, or says that there is nothing to draw. */
export interface FigureKind<Result> {
  readonly name: string;
  /** Shown on the first screen of a report, in the large place or beside it. */
  readonly hero?: Hero;
  /** Instruments whose numbers it shows beside those of its own: until they are measured, it is not what it will be. */
  readonly waitsFor?: readonly string[];
  of(result: Result): Omit<Figure, "name" | "instrument" | "hero"> | undefined;
}

/** Kinds of figures that hang on what a result holds: one for each number that it follows. */
export type FigureFamily<Result> = (result: Result) => readonly FigureKind<Result>[];
