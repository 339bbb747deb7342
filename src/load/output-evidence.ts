import type { OutputKind } from "../problem/losses/output-kind.ts";
import { formatNumber } from "../util/format-number.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";

/** Outputs of a network on batches of real examples. */
export interface OutputSamples {
  /** Shape of the outputs of one batch. */
  readonly shape: Shape;
  readonly batches: readonly Float64Array[];
  /** The examples of each batch, by their place in the data. */
  readonly examples: readonly (readonly number[])[];
}

/** The outputs where they were trained to be, and at other parameters, where only what the graph ensures still holds. */
export interface OutputObserver {
  home(): Promise<OutputSamples>;
  elsewhere(): Promise<OutputSamples>;
}

/** Clipping and additions that keep logarithms finite move a sum of probabilities by so much. */
const SUM_TOLERANCE = 1e-3;
const ROUNDING = 1e-6;

/** What the values along an axis are on every row, or undefined where they are neither kind of distribution. */
export function distributionsAlong(samples: OutputSamples, axis: number): OutputKind | undefined {
  if (samples.batches.length === 0) return undefined;
  const rows = [...lines(samples, axis)];
  const isEvery = (test: (row: readonly number[]) => boolean) => rows.every(test);
  if (isEvery((row) => inUnitInterval(row) && addUpToOne(row))) return "probabilities";
  const logarithms = isEvery((row) => row.every((x) => x <= ROUNDING) && addUpToOne(row.map(Math.exp)));
  return logarithms ? "log-probabilities" : undefined;
}

/** What numbers are like that are no logits although they are no distribution. */
export interface Likeness {
  /** What they add up to; undefined for logarithms of probabilities with the other sign. */
  readonly sum: number | undefined;
  readonly clause: string;
}

/**
 * What makes numbers along an axis no logits although they are no distribution: logarithms of probabilities
 * with the other sign, or numbers that add up to one constant (percentages); undefined for anything else.
 * Numbers of both signs may add up to 0, as centred logits do.
 */
export function likenessAlong(samples: OutputSamples, axis: number): Likeness | undefined {
  const rows = [...lines(samples, axis)];
  if (rows.length < 2 || !rows.every((row) => row.every((x) => x >= -ROUNDING))) return undefined;
  if (rows.every((row) => addUpToOne(row.map((x) => Math.exp(-x)))))
    return { sum: undefined, clause: "they are at least 0, and e to the power of their negatives adds up to 1," };
  const sums = rows.map((row) => row.reduce((sum, x) => sum + x, 0));
  const [sum] = sums;
  const isConstantSum = sum > ROUNDING && sums.every((each) => isSameSum(each, sum));
  const differ = rows.some((row) => row.some((x, i) => Math.abs(x - rows[0][i]) > ROUNDING));
  return isConstantSum && differ
    ? { sum, clause: `they are at least 0 and add up to ${formatNumber(sum)}` }
    : undefined;
}

/** Whether two samples are like the same. */
export function isSameLikeness(a: Likeness, b: Likeness | undefined): boolean {
  if (b === undefined) return false;
  return a.sum === undefined || b.sum === undefined ? a.sum === b.sum : isSameSum(b.sum, a.sum);
}

function isSameSum(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.1 * SUM_TOLERANCE * b;
}

/** Whether every value lies between 0 and 1. */
export function isBounded({ batches }: OutputSamples): boolean {
  return batches.length > 0 && batches.every(inUnitInterval);
}

/** Whether no value is above 0. */
export function isNonPositive({ batches }: OutputSamples): boolean {
  return batches.length > 0 && batches.every((values) => values.every((value) => value <= 0));
}

/** Whether every row along an axis is the same, whatever the example: what a last layer of zeros puts out. */
export function isConstant(samples: OutputSamples, axis: number): boolean {
  const rows = [...lines(samples, axis)];
  return rows.every((row) => row.every((x, i) => Math.abs(x - rows[0][i]) <= ROUNDING));
}

/** Whether all values of all samples are one number: outputs that no weight has moved tell nothing of their kind. */
export function isStill(samples: readonly OutputSamples[]): boolean {
  const [first] = samples[0]?.batches[0] ?? [];
  return samples.every(({ batches }) =>
    batches.every((values) => values.every((value) => Math.abs(value - first) <= ROUNDING)),
  );
}

function addUpToOne(row: readonly number[]): boolean {
  return Math.abs(row.reduce((sum, x) => sum + x, 0) - 1) <= SUM_TOLERANCE;
}

function inUnitInterval(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!(values[i] >= -ROUNDING && values[i] <= 1 + ROUNDING)) return false;
  return true;
}

function* lines({ shape, batches }: OutputSamples, axis: number): Generator<number[]> {
  const extent = shape[axis];
  const stride = sizeOf(shape.slice(axis + 1));
  for (const values of batches)
    for (let block = 0; block < values.length; block += extent * stride)
      for (let line = block; line < block + stride; line++)
        yield Array.from({ length: extent }, (_, k) => values[line + k * stride]);
}
