import type { Change } from "./critical-step.ts";

/** The slope along a step at its start, from losses alone. */
export interface Slope {
  readonly value: number;
  readonly error: number;
  /** Forward passes that it took. */
  readonly passes: number;
}

/** The longer of two differences, as a share of the critical step: short beside it, and long beside rounding. */
const SHARE = 1 / 4;

/** So much shorter is the third, where rounding leaves enough of it. */
const FINER = 4096;

/** Of a difference that rounding leaves this share unknown of, enough is left. */
const BLURRED = 0.01;

/**
 * φ′(0) of the change of the loss φ along a step, by central differences D(h) = (φ(h) − φ(−h))/2h and their extrapolation
 * (Richardson 1911): (4 D(h/2) − D(h))/3, exact for polynomials of degree up to four. A third one, as short as rounding lets it
 * be, tells whether the slope is the same nearer to the start: kinks and rounded weights make it another. The error is what the
 * differences and the extrapolation are apart, and the rounding of the losses; where there is no slope, as of a network all of
 * whose weights are rounded, it is as large as the value.
 *
 * Cost: six losses.
 *
 * @param critical the multiple of the step at which the loss is back where it began, which sets the scale
 * @returns undefined where a loss is not finite
 * @example
 * await slopeByDifferences(async (t) => ({ value: t * t - 3 * t, rounding: 0 }), 3); // { value: −3, error: 0, passes: 6 }
 */
export async function slopeByDifferences(
  changeAt: (t: number) => Promise<Change | null>,
  critical: number,
): Promise<Slope | undefined> {
  const h = SHARE * critical;
  const whole = await differenceAt(changeAt, h);
  const half = await differenceAt(changeAt, h / 2);
  if (whole === undefined || half === undefined) return undefined;
  const value = (4 * half.value - whole.value) / 3;
  const seen = (half.rounding * (h / 2)) / (BLURRED * Math.abs(value));
  const near = await differenceAt(changeAt, Math.min(h / 4, Math.max(h / FINER, seen)));
  if (near === undefined) return undefined;
  const error =
    Math.abs(half.value - whole.value) +
    Math.abs(near.value - value) +
    (4 * half.rounding + whole.rounding) / 3 +
    near.rounding;
  return { value, error, passes: 6 };
}

async function differenceAt(changeAt: (t: number) => Promise<Change | null>, h: number): Promise<Change | undefined> {
  const [ahead, behind] = [await changeAt(h), await changeAt(-h)];
  if (ahead === null || behind === null) return undefined;
  return {
    value: (ahead.value - behind.value) / (2 * h),
    rounding: (ahead.rounding + behind.rounding) / (2 * h),
  };
}
