interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Slope of the least-squares line through points that are drawn at random, with its standard error where their errors may
 * differ: √Σ((x − x̄)(y − ȳ − s(x − x̄)))² / Σ(x − x̄)² (White 1980).
 *
 * @example
 * fittedSlope([{ x: 0, y: 1 }, { x: 1, y: 3 }, { x: 2, y: 5 }]); // { value: 2, standardError: 0 }
 */
export function fittedSlope(points: readonly Point[]): { value: number; standardError: number } {
  const sum = (of: (point: Point) => number) => points.reduce((total, point) => total + of(point), 0);
  const meanX = sum(({ x }) => x) / points.length;
  const meanY = sum(({ y }) => y) / points.length;
  const square = sum(({ x }) => (x - meanX) ** 2);
  const value = sum(({ x, y }) => (x - meanX) * (y - meanY)) / square;
  const spread = sum(({ x, y }) => ((x - meanX) * (y - meanY - value * (x - meanX))) ** 2);
  return { value, standardError: Math.sqrt(spread) / square };
}
