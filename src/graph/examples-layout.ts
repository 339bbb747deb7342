/**
 * Where the examples lie in a value: along `axis`, whose index counts (outer, example, inner) in row-major
 * order. Each element belongs to one example and is made of that one alone.
 */
export interface ExamplesLayout {
  readonly axis: number;
  /** How many times the examples are repeated along the axis: positions × examples has outer = positions. */
  readonly outer: number;
}

/** The layout of each input of a node; undefined for what no example enters. */
export type InputLayouts = readonly (ExamplesLayout | undefined)[];
