/** α and the scale of self-normalising units (Klambauer 2017). */
export const SELU_ALPHA = 1.6732632423543772;
export const SELU_SCALE = 1.0507009873554805;

/** Constants that models are written with, to full precision. */
const KNOWN: readonly number[] = [
  Math.SQRT2,
  Math.SQRT1_2,
  Math.PI,
  2 * Math.PI,
  Math.PI / 2,
  Math.sqrt(Math.PI),
  Math.sqrt(2 * Math.PI),
  Math.sqrt(2 / Math.PI),
  Math.sqrt(Math.PI / 2),
  1 / Math.sqrt(2 * Math.PI),
  2 / Math.sqrt(Math.PI),
  1 / Math.PI,
  Math.E,
  Math.LN2,
  Math.LN10,
  Math.LOG2E,
  Math.LOG10E,
  0.5 * Math.log(2 * Math.PI),
  Math.log(2 * Math.PI),
  SELU_ALPHA,
  SELU_SCALE,
  // GELU by tanh, in the form x·√(2/π)·(1 + 0.044715x²).
  0.044715 * Math.sqrt(2 / Math.PI),
];

/** Decimals of at most this many digits were typed by a person. */
const TYPED_DIGITS = 6;

/**
 * The real number that a float32 constant stands for: the decimal or well-known constant whose
 * float32 rounding it is (1e-5, 0.044715, 1/3, √2, √(2/π), 1/√d, d^(−1/4), …), else the number itself.
 * What comes back always rounds to what went in, so nothing changes in float32.
 *
 * @example
 * snapConstant(Math.fround(0.1)); // 0.1
 * snapConstant(Math.fround(Math.SQRT2)) === Math.SQRT2; // true
 */
export function snapConstant(value: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value) || Math.fround(value) !== value) return value;
  if (value < 0) return -snapConstant(-value);
  const decimal = Number(value.toPrecision(TYPED_DIGITS));
  if (Math.fround(decimal) === value) return decimal;
  return candidates(value).find((candidate) => Math.fround(candidate) === value) ?? value;
}

function candidates(value: number): number[] {
  const inverse = Math.round(1 / value);
  const square = Math.round(value ** 2);
  const inverseSquare = Math.round(value ** -2);
  return [
    ...KNOWN,
    // 1/n, √n, 1/√n and n^(−1/4): means, and the scales of attention.
    ...(inverse > 0 && inverse <= 65_536 ? [1 / inverse] : []),
    ...(square > 0 && square <= 65_536 ? [Math.sqrt(square)] : []),
    ...(inverseSquare > 0 && inverseSquare <= 65_536 ? [1 / Math.sqrt(inverseSquare)] : []),
    ...fourthRoot(value),
    ...[3, 6, 7, 9, 11, 12].map((divisor) => Math.round(value * divisor) / divisor),
  ];
}

function fourthRoot(value: number): number[] {
  const size = Math.round(value ** -4);
  return size > 1 && size <= 4096 ? [size ** -0.25] : [];
}
