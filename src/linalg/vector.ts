/**
 * Kernels on long vectors. Each keeps several independent accumulators, which lets the processor
 * overlap the additions and, as a side effect, halves the rounding error twice.
 */

/** xᵀy. */
export function dot(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  const whole = n - (n & 3);
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    s0 += x[i] * y[i];
    s1 += x[i + 1] * y[i + 1];
    s2 += x[i + 2] * y[i + 2];
    s3 += x[i + 3] * y[i + 3];
  }
  for (let i = whole; i < n; i++) s0 += x[i] * y[i];
  return s0 + s1 + (s2 + s3);
}

/** y ← y + a x. */
export function axpy(a: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i] += a * x[i];
}

/** x + a y, as a vector of its own: several times as fast as `x.map`, which calls a function for each element. */
export function plusMultiple(x: Float64Array, a: number, y: Float64Array): Float64Array<ArrayBuffer> {
  const sum = new Float64Array(x.length);
  for (let i = 0; i < sum.length; i++) sum[i] = x[i] + a * y[i];
  return sum;
}

/** x ← a x. */
export function scale(a: number, x: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i] *= a;
}

/** ‖x‖, safe from overflow and underflow of the squares. */
export function norm2(x: Float64Array): number {
  const square = dot(x, x);
  if (square > 1e-280 && square < 1e300) return Math.sqrt(square);
  if (Number.isNaN(square)) return square;
  let largest = 0;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]));
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** ‖x − y‖, without a vector in between. */
export function distance(x: Float64Array, y: Float64Array): number {
  const whole = x.length - (x.length & 3);
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    s0 += (x[i] - y[i]) ** 2;
    s1 += (x[i + 1] - y[i + 1]) ** 2;
    s2 += (x[i + 2] - y[i + 2]) ** 2;
    s3 += (x[i + 3] - y[i + 3]) ** 2;
  }
  for (let i = whole; i < x.length; i++) s0 += (x[i] - y[i]) ** 2;
  const square = s0 + s1 + (s2 + s3);
  return square > 1e-280 && square < 1e300 ? Math.sqrt(square) : norm2(x.map((each, i) => each - y[i]));
}

/**
 * (1−t)·x + t·y, written where `into` is, which may be one of the two.
 *
 * @example
 * interpolated(Float64Array.of(0), Float64Array.of(4), 0.25); // Float64Array [1]
 */
export function interpolated(
  x: Float64Array,
  y: Float64Array,
  t: number,
  into: Float64Array = new Float64Array(x.length),
): Float64Array {
  for (let i = 0; i < into.length; i++) into[i] = (1 - t) * x[i] + t * y[i];
  return into;
}

/** Scales x to unit length in place and returns its former length (0 leaves it as it is). */
export function normalize(x: Float64Array): number {
  const length = norm2(x);
  if (length > 0) scale(1 / length, x);
  return length;
}

/** Σxᵢ to the last digits, however many and alike they are: compensated summation (Neumaier 1974). */
export function sumOf(x: Iterable<number>): number {
  let sum = 0;
  let lost = 0;
  for (const each of x) {
    const next = sum + each;
    lost += Math.abs(sum) >= Math.abs(each) ? sum - next + each : each - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** (1/n) Σxᵢ; NaN of none. */
export function meanOf(x: Float64Array): number {
  return sumOf(x) / x.length;
}
