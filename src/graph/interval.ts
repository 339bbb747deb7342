/** Numbers from `low` to `high`, both among them; −∞ and ∞ where there is no bound. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export const ANYWHERE: Interval = { low: -Infinity, high: Infinity };
export const NOT_NEGATIVE: Interval = { low: 0, high: Infinity };

/** From the least to the largest of some numbers; anywhere where one of them is no number. */
export function spanOf(numbers: Iterable<number>): Interval {
  let [low, high] = [Infinity, -Infinity];
  for (const each of numbers) {
    if (Number.isNaN(each)) return ANYWHERE;
    low = Math.min(low, each);
    high = Math.max(high, each);
  }
  return low <= high ? { low, high } : ANYWHERE;
}

/** Where the numbers of several intervals are. */
export function union(...intervals: readonly Interval[]): Interval {
  return spanOf(intervals.flatMap(({ low, high }) => [low, high]));
}

/** Whether 0 is none of the numbers. */
export function excludesZero({ low, high }: Interval): boolean {
  return low > 0 || high < 0;
}

/** Sums of one number of each. */
export function sumOf(a: Interval, b: Interval): Interval {
  return spanOf([a.low + b.low, a.high + b.high]);
}

export function negated({ low, high }: Interval): Interval {
  return { low: -high, high: -low };
}

/** Products of one number of each; 0·∞ is 0, as no number is ∞. */
export function productOf(a: Interval, b: Interval): Interval {
  const times = (x: number, y: number) => (x === 0 || y === 0 ? 0 : x * y);
  return union(
    { low: times(a.low, b.low), high: times(a.high, b.high) },
    { low: times(a.low, b.high), high: times(a.high, b.low) },
  );
}

/** Sums of so many numbers; 0 of none. */
export function timesOf({ low, high }: Interval, count: number): Interval {
  return count > 0 ? { low: count * low, high: count * high } : { low: 0, high: 0 };
}

/** Squares of numbers. */
export function squareOf(x: Interval): Interval {
  const { low, high } = magnitudeOf(x);
  return { low: low * low, high: high * high };
}

/** Sizes of numbers. */
export function magnitudeOf({ low, high }: Interval): Interval {
  const most = Math.max(Math.abs(low), Math.abs(high));
  return { low: low > 0 || high < 0 ? Math.min(Math.abs(low), Math.abs(high)) : 0, high: most };
}

/** One over each number; anywhere where one may be 0. */
export function inverseOf(x: Interval): Interval {
  return excludesZero(x) ? { low: 1 / x.high, high: 1 / x.low } : ANYWHERE;
}
