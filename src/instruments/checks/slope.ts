/** A slope by central differences, and how far differences at neighbouring steps disagree about it. */
export interface Slope {
  readonly value: number;
  readonly uncertainty: number;
  readonly step: number;
}

/**
 * The slope of f at 0. Rounding spoils short steps, curvature and kinks long ones, so no step is trusted by itself: the
 * two neighbouring steps that agree best give the slope, and their difference its uncertainty, with what rounding of f
 * (`rounding`, absolute) may do to both alike. Steps are tried in the order given until the uncertainty is `enough`.
 * Cost: two evaluations a step.
 *
 * @example
 * await slopeOf(async (h) => Math.sin(h), [1e-4, 1e-5], 1e-6, 0); // { value: 1, uncertainty: 1.7e-9, step: 1e-5 }
 */
export async function slopeOf(
  f: (h: number) => Promise<number>,
  steps: readonly number[],
  enough: number,
  rounding: number,
): Promise<Slope> {
  const found = new Map<number, number>();
  const ladder = steps.toSorted((a, b) => a - b);
  let best: Slope = { value: Number.NaN, uncertainty: Number.POSITIVE_INFINITY, step: steps[0] };
  for (const h of steps) {
    const value = ((await f(h)) - (await f(-h))) / (2 * h);
    found.set(h, value);
    const place = ladder.indexOf(h);
    for (const [shorter, longer] of [
      [place - 1, place],
      [place, place + 1],
    ]) {
      const [low, high] = [found.get(ladder[shorter]), found.get(ladder[longer])];
      if (low === undefined || high === undefined) continue;
      const uncertainty = Math.abs(low - high) + rounding / ladder[shorter];
      if (uncertainty < best.uncertainty) best = { value: low, uncertainty, step: ladder[shorter] };
    }
    if (best.uncertainty <= enough) break;
  }
  return best;
}
