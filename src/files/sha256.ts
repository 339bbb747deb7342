/** A hash that is fed piece by piece; Node's createHash("sha256") fits as well. */
export interface IncrementalHash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

const FIRST_64_PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
  113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239,
  241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311,
];

/** The first 32 fractional bits of a number; float64 holds them exactly for roots of small primes. */
const fractionBits = (value: number) => Math.floor((value - Math.floor(value)) * 2 ** 32);
const ROUND_CONSTANTS = Int32Array.from(FIRST_64_PRIMES, (prime) => fractionBits(Math.cbrt(prime)));
const INITIAL_STATE = Int32Array.from(FIRST_64_PRIMES.slice(0, 8), (prime) => fractionBits(Math.sqrt(prime)));

const BLOCK_BYTES = 64;

/**
 * SHA-256 (FIPS 180-4) where no platform hash is at hand, such as in a browser, whose own is neither
 * synchronous nor incremental.
 *
 * @example
 * sha256().digest("hex"); // "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
 */
export function sha256(): IncrementalHash {
  const state = Int32Array.from(INITIAL_STATE);
  const schedule = new Int32Array(64);
  const pending = new Uint8Array(BLOCK_BYTES);
  let pendingBytes = 0;
  let totalBytes = 0;

  function absorb(bytes: Uint8Array): void {
    let at = 0;
    if (pendingBytes > 0) {
      at = Math.min(BLOCK_BYTES - pendingBytes, bytes.length);
      pending.set(bytes.subarray(0, at), pendingBytes);
      pendingBytes += at;
      if (pendingBytes < BLOCK_BYTES) return;
      compress(state, schedule, pending, 0);
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) compress(state, schedule, bytes, at);
    pending.set(bytes.subarray(at));
    pendingBytes = bytes.length - at;
  }

  return {
    update(bytes) {
      totalBytes += bytes.length;
      absorb(bytes);
    },
    digest() {
      const padding = new Uint8Array((pendingBytes < 56 ? 56 : 120) - pendingBytes + 8);
      padding[0] = 0x80;
      const view = new DataView(padding.buffer);
      view.setUint32(padding.length - 8, Math.floor(totalBytes / 2 ** 29));
      view.setUint32(padding.length - 4, (totalBytes * 8) % 2 ** 32);
      absorb(padding);
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
    },
  };
}

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by));

function compress(state: Int32Array, w: Int32Array, block: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    const j = at + 4 * i;
    w[i] = (block[j] << 24) | (block[j + 1] << 16) | (block[j + 2] << 8) | block[j + 3];
  }
  for (let i = 16; i < 64; i++) {
    const early = w[i - 15];
    const late = w[i - 2];
    w[i] =
      w[i - 16] +
      (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
      w[i - 7] +
      (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10));
  }
  // Plain reads: destructured, the eight variables are not kept as integers, at half the speed.
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const t1 =
      (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i] + w[i]) | 0;
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}
