import { leastNormal } from "../problem/in-range.ts";
import type { Shape } from "../util/tensor.ts";
import { typicalSize } from "../linalg/typical-size.ts";

/** One output computed twice: by the file and by the imported graph. */
export interface OutputPair {
  readonly name: string;
  readonly shape: Shape;
  readonly file: ArrayLike<number>;
  readonly imported: ArrayLike<number>;
}

/** Other computations of the same output by the imported graph: what rounding alone changes. */
export type Sample = ArrayLike<number>;

/** The element of an output whose difference is largest beside what rounding explains. */
export interface WorstElement {
  readonly name: string;
  readonly position: readonly number[];
  readonly file: number;
  readonly imported: number;
  /** |file − imported|, and the largest that passes, both relative to the typical size of the output. */
  readonly measured: number;
  readonly limit: number;
  /** Elements that differ by more than their limit. */
  readonly beyond: number;
  /** Elements whose limit is so wide that they show next to nothing. */
  readonly unresolved: number;
  readonly elements: number;
}

/** How many times what the samples show is still rounding: kernels add in other orders. */
const MARGIN = 16;
/** Elements of about the same size share what is known of their rounding. */
const WINDOW = 32;
/** An element whose limit is more than this share of the output's size shows nothing. */
const UNRESOLVED = 0.1;

/**
 * Compares an output element by element. The limit of an element is 16 (u|x| + r), u the unit roundoff of
 * the arithmetic and r what rounding was seen to change: the largest change of this element over the
 * samples, or the root mean square over the elements nearest in size, whichever is more. NaN and ∞ must
 * stand where they stand in the file, except where a sample shows that rounding decides.
 */
export function compareOutput(pair: OutputPair, samples: readonly Sample[], roundoff: number): WorstElement {
  const { name, shape, file, imported } = pair;
  const n = imported.length;
  const spread = new Float64Array(n);
  for (let i = 0; i < n; i++)
    for (const sample of samples) spread[i] = Math.max(spread[i], gap(sample[i], imported[i]));
  const shared = samples.length > 0 ? sharedSpread(imported, spread) : spread;
  const size = typicalSize(file);
  // Some units of the subnormal numbers, which kernels flush to 0: of float64 where rounding is finer than in float32.
  const flushed = 64 * leastNormal(roundoff < 2 ** -24 ? "float64" : "float32");
  let worst = -1;
  let worstRatio = -1;
  let beyond = 0;
  let unresolved = 0;
  const limitAt = (i: number) =>
    MARGIN * (roundoff * Math.max(finite(imported[i]), finite(file[i])) + Math.max(spread[i], shared[i])) + flushed;
  for (let i = 0; i < n; i++) {
    const limit = limitAt(i);
    if (limit > UNRESOLVED * Math.max(size, finite(imported[i]))) unresolved++;
    const distance = gap(file[i], imported[i]);
    if (distance === 0 && worst >= 0) continue;
    const ratio = distance === 0 || limit === Number.POSITIVE_INFINITY ? 0 : distance / limit;
    if (ratio > 1) beyond++;
    if (ratio > worstRatio) [worst, worstRatio] = [i, ratio];
  }
  const at = Math.max(worst, 0);
  const limit = n === 0 ? 0 : limitAt(at) / size;
  return {
    name,
    position: positionOf(at, shape),
    file: n === 0 ? 0 : file[at],
    imported: n === 0 ? 0 : imported[at],
    measured: n === 0 ? 0 : gap(file[at], imported[at]) / size,
    limit: Math.max(limit, MARGIN * roundoff),
    beyond,
    unresolved,
    elements: n,
  };
}

/** |a − b|, 0 for two NaN or two equal infinities, ∞ where only one is not finite. */
function gap(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

function finite(x: number): number {
  return Number.isFinite(x) ? Math.abs(x) : 0;
}

/** For each element, the root mean square of the finite spreads in the window of elements of like size. */
function sharedSpread(values: ArrayLike<number>, spread: Float64Array): Float64Array {
  const order = Uint32Array.from(spread.keys()).sort((a, b) => finite(values[a]) - finite(values[b]));
  const shared = new Float64Array(spread.length);
  const squares = new Float64Array(order.length + 1);
  order.forEach((i, k) => (squares[k + 1] = squares[k] + (Number.isFinite(spread[i]) ? spread[i] ** 2 : 0)));
  order.forEach((i, k) => {
    const from = Math.max(0, Math.min(k - WINDOW / 2, order.length - WINDOW));
    const to = Math.min(order.length, from + WINDOW);
    shared[i] = Math.sqrt(Math.max(0, squares[to] - squares[from]) / (to - from));
  });
  return shared;
}

function positionOf(index: number, shape: Shape): number[] {
  const position: number[] = [];
  let rest = index;
  for (const extent of shape.toReversed()) {
    position.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return position;
}
