/** What a ramp of the step size shows. */
export interface Rise {
  /** The step size at which the smoothed loss is lowest: from there on it rises; null where it was still falling at the end, or never fell. */
  readonly rises: { readonly value: number; readonly least: number; readonly most: number } | null;
  /** Where it falls fastest with the logarithm of the step size; null where it does not fall. */
  readonly steepest: number | null;
  readonly smoothed: number[];
}

/** Of a smoothed loss, what stays at each step. */
const SMOOTHING = 0.9;
/** A loss so many times the lowest has left: what follows is no part of the ramp. */
export const LEFT = 4;

/** By what a smoothed loss may change by chance: two standard deviations of the mean that forgets, from the differences of neighbours. */
function scatterOf(losses: readonly number[], epsilon: number): number {
  const differences = losses.slice(1).map((loss, i) => loss - losses[i]);
  const variance = differences.reduce((sum, x) => sum + x * x, 0) / (2 * Math.max(1, differences.length));
  const rounding = 64 * epsilon * losses.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return 2 * Math.sqrt((variance * (1 - SMOOTHING)) / (1 + SMOOTHING)) + rounding;
}

/**
 * The learning-rate range test (Smith 2017): steps of a size that grows by a constant factor; the loss falls, and from some
 * size on it rises. Smoothed with a mean that forgets, corrected for its start. The place of the lowest loss is known no better
 * than the steps over which that mean goes, and than those around it at which the mean is no higher by more than chance.
 *
 * @param stepSizes of each step, rising
 * @param losses of the batch before each step
 * @param epsilon of the arithmetic that they are of
 */
export function findRise(stepSizes: readonly number[], losses: readonly number[], epsilon = Number.EPSILON): Rise {
  const smoothed: number[] = [];
  let mean = 0;
  losses.forEach((loss, i) => {
    mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
    smoothed.push(mean / (1 - SMOOTHING ** (i + 1)));
  });
  const finite = smoothed.findIndex((x) => !Number.isFinite(x));
  const end = finite === -1 ? smoothed.length : finite;
  if (end === 0) return { rises: null, steepest: null, smoothed };
  const lag = Math.ceil(1 / (1 - SMOOTHING));
  // The mean of the first steps is that of a few batches: it may be low by chance.
  const from = Math.min(lag, end - 1);
  let lowest = from;
  for (let i = from; i < end; i++) if (smoothed[i] < smoothed[lowest]) lowest = i;
  const scatter = scatterOf(losses.slice(0, lowest + 1), epsilon);
  const isAsLow = (x: number) => x - smoothed[lowest] <= scatter;
  const hasRisen =
    end < smoothed.length ? lowest < smoothed.length - 1 : smoothed.slice(lowest).some((x) => !isAsLow(x));
  const hasFallen = smoothed[from] - smoothed[lowest] > scatter;
  let [first, last] = [lowest, lowest];
  while (first > from && isAsLow(smoothed[first - 1])) first--;
  while (last + 1 < end && isAsLow(smoothed[last + 1])) last++;
  let steepest: number | null = null;
  let fall = 0;
  for (let i = from + 1; i <= lowest; i++) {
    const slope = (smoothed[i - 1] - smoothed[i]) / Math.log(stepSizes[i] / stepSizes[i - 1]);
    if (slope > fall) [fall, steepest] = [slope, stepSizes[i]];
  }
  return {
    rises:
      hasFallen && hasRisen
        ? {
            value: stepSizes[lowest],
            least: stepSizes[Math.max(0, first - lag)],
            most: stepSizes[Math.min(stepSizes.length - 1, last + 1)],
          }
        : null,
    steepest,
    smoothed,
  };
}
