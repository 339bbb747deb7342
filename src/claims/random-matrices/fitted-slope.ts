interface Point {
  readonly x: number;
  readonly y: number;
  /** 1 when absent. */
  readonly weight?: number;
}

/**
 * Slope of the least-squares line through points that are drawn at random in groups, with its standard error where the errors of a group
 * may go together and differ from those of another: √Σ_groups(Σ w(x − x̄)(y − ȳ − s(x − x̄)))² / Σ w(x − x̄)² (White 1980; Liang &
 * Zeger 1986).
 *
 * @example
 * fittedSlope([[{ x: 0, y: 1 }], [{ x: 1, y: 3 }], [{ x: 2, y: 5 }]]); // { value: 2, standardError: 0 }
 */
export function fittedSlope(groups: readonly (readonly Point[])[]): { value: number; standardError: number } {
  const all = groups.flat();
  const sum = (of: (point: Point) => number, points = all) =>
    points.reduce((total, point) => total + (point.weight ?? 1) * of(point), 0);
  const total = sum(() => 1);
  const meanX = sum(({ x }) => x) / total;
  const meanY = sum(({ y }) => y) / total;
  const square = sum(({ x }) => (x - meanX) ** 2);
  const value = sum(({ x, y }) => (x - meanX) * (y - meanY)) / square;
  const off = ({ x, y }: Point) => (x - meanX) * (y - meanY - value * (x - meanX));
  const spread = groups.reduce((squares, group) => squares + sum(off, [...group]) ** 2, 0);
  return { value, standardError: Math.sqrt(spread) / square };
}
