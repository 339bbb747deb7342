/** 2^(e-25): what one unit of an 11-bit significand is worth at biased exponent e. */
const FLOAT16_UNIT = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));

/**
 * The value of an IEEE 754 binary16 (float16) bit pattern; exact.
 *
 * @example
 * float16(0x3c00); // 1
 */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * FLOAT16_UNIT[exponent];
}

/**
 * The binary16 bit pattern nearest to a number, ties to even; from 65520 on infinity.
 *
 * @example
 * toFloat16(1); // 0x3c00
 */
export function toFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // The exponent of the unit in the last place; below 2^-14 all are subnormal, with units of 2^-24.
  const unit = 2 ** Math.max(-24, Math.floor(Math.log2(Math.max(size, 2 ** -24))) - 10);
  const rounded = roundToEven(size / unit) * unit;
  if (rounded < 2 ** -14) return sign | (rounded * 2 ** 24);
  const exponent = Math.floor(Math.log2(rounded));
  return sign | ((exponent + 15) << 10) | (rounded * 2 ** (10 - exponent) - 1024);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Float32 values of bfloat16 bit patterns, which are the upper halves of float32 ones; exact. */
export function bfloat16Values(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i] << 16;
  return new Float32Array(bits.buffer);
}
