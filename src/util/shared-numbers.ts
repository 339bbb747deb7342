/** So many zeros, which other threads can read where they are, if this platform shares memory at all. */
export function sharedNumbers(length: number): Float64Array {
  if (typeof SharedArrayBuffer === "undefined") return new Float64Array(length);
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}
