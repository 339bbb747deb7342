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

/** Float32 values of bfloat16 bit patterns, which are the upper halves of float32 ones; exact. */
export function bfloat16Values(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i] << 16;
  return new Float32Array(bits.buffer);
}
