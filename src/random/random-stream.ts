import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { shownValue } from "../util/shown-value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { nextNormal } from "./ziggurat.ts";

/**
 * A seeded stream of random numbers that can be split into independent streams by name.
 *
 * A child depends on the seed and on the labels that lead to it, never on how much of its parent
 * was used: adding a draw in one measurement leaves every other measurement as it was.
 */
export interface RandomStream {
  /** A number in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number;
  /** A standard normal number. */
  normal(): number;
  /** A number of the gamma law of that shape and scale 1, density ∝ x^(shape − 1) e^(−x). */
  gamma(shape: number): number;
  /** The length of a vector of so many independent standard normal numbers (any positive number): √(2 γ), γ of shape degrees/2. */
  chi(degrees: number): number;
  /** An integer in 0 … n − 1, each equally likely. */
  integer(n: number): number;
  /** n independent signs ±1. */
  rademacherVector(n: number): Float64Array;
  /** n independent standard normal numbers. */
  normalVector(n: number): Float64Array;
  /** A uniformly random order of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): Uint32Array;
  /** The independent stream named `label` below this one. */
  split(label: string): RandomStream;
}

/**
 * The root stream of a seed: xoroshiro128+ (Blackman & Vigna 2018, from `pure-rand`), normal numbers
 * by the ziggurat of Marsaglia & Tsang (2000) as corrected by Doornik (2005).
 *
 * @param seed any finite number; two seeds that differ in any bit give unrelated streams
 * @throws usage error `seed-not-finite`
 *
 * @example
 * const random = createRandom(7);
 * const probe = random.split("trace").normalVector(3); // the same three numbers on every machine
 */
export function createRandom(seed: number): RandomStream {
  if (!Number.isFinite(seed)) {
    throw new ThalwegError({
      kind: "usage",
      code: "seed-not-finite",
      message: `A seed is a finite number, but ${shownValue(seed)} was given.`,
      hint: "Give a whole number.",
    });
  }
  const bits = new Uint32Array(Float64Array.of(seed).buffer);
  return streamFromKey(absorb([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], bits));
}

/** 128 bits that name a stream: the seed and the labels on the way to it, hashed. */
type Key = readonly [number, number, number, number];

/** The finaliser of MurmurHash3 (Appleby 2011): every input bit flips every output bit with probability ½. */
function mix(bits: number): number {
  let h = bits ^ (bits >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function absorb(key: Key, words: Iterable<number>): Key {
  let [a, b, c, d] = key;
  let position = 1;
  for (const word of words) {
    a = mix(a ^ Math.imul(word, 0x9e3779b1)) + b;
    b = mix(b ^ Math.imul(word + position, 0x85ebca77)) + c;
    c = mix(c ^ Math.imul(word ^ position, 0xc2b2ae3d)) + d;
    d = mix(d ^ Math.imul(word, 0x27d4eb2f)) + a;
    position++;
  }
  for (let round = 0; round < 4; round++) {
    a = mix((a ^ position) + d);
    b = mix(b + a);
    c = mix(c + b);
    d = mix(d + c);
  }
  return [a | 0, b | 0, c | 0, d | 0];
}

function streamFromKey(key: Key): RandomStream {
  const empty = key.every((word) => word === 0);
  const generator = xoroshiro128plusFromState(empty ? [1, 2, 3, 4] : key);
  const next = (): number => generator.next();

  const uniform = (): number => uniformFloat64(generator);
  const normal = (): number => nextNormal(next);
  const integer = (n: number): number => {
    requireCount(n, 1);
    return uniformInt(generator, 0, n - 1);
  };

  const gamma = (shape: number): number => {
    requireShape(shape);
    // Below 1 the method does not hold: γ(a) = γ(a + 1) u^(1/a) in law.
    if (shape < 1) return gammaFromOne(shape + 1, uniform, normal) * uniform() ** (1 / shape);
    return gammaFromOne(shape, uniform, normal);
  };

  return {
    uniform,
    normal,
    gamma,
    chi: (degrees) => Math.sqrt(2 * gamma(degrees / 2)),
    integer,
    rademacherVector(n) {
      requireCount(n, 0);
      const vector = new Float64Array(n);
      for (let start = 0; start < n; start += 32) {
        // The lowest bits of xoroshiro128+ are linear over GF(2); mixed, all 32 are usable.
        let bits = mix(next());
        const end = Math.min(start + 32, n);
        for (let i = start; i < end; i++) {
          vector[i] = (bits & 1) * 2 - 1;
          bits >>>= 1;
        }
      }
      return vector;
    },
    normalVector(n) {
      requireCount(n, 0);
      const vector = new Float64Array(n);
      for (let i = 0; i < n; i++) vector[i] = nextNormal(next);
      return vector;
    },
    permutation(n) {
      requireCount(n, 0);
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        const held = order[i];
        order[i] = order[j];
        order[j] = held;
      }
      return order;
    },
    split(label) {
      requireLabel(label);
      const codes = new Uint32Array(label.length + 1);
      for (let i = 0; i < label.length; i++) codes[i] = label.charCodeAt(i);
      codes[label.length] = 0x10000 + label.length;
      return streamFromKey(absorb(key, codes));
    },
  };
}

/** A gamma number of a shape of at least 1, by rejection from the cube of a normal one (Marsaglia & Tsang 2000). */
function gammaFromOne(shape: number, uniform: () => number, normal: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function requireShape(shape: number): void {
  if (shape > 0 && Number.isFinite(shape)) return;
  throw new ThalwegError({
    kind: "usage",
    code: "bad-shape",
    message: `There is no gamma law of this shape: ${shownValue(shape)}.`,
    hint: "Give a positive number.",
  });
}

function requireCount(n: number, least: number): void {
  if (Number.isSafeInteger(n) && n >= least) return;
  throw new ThalwegError({
    kind: "usage",
    code: "bad-count",
    message: `So many random numbers there cannot be: ${shownValue(n)}.`,
    hint: `Give a whole number of at least ${least}.`,
  });
}

function requireLabel(label: string): void {
  const given: unknown = label;
  if (typeof given === "string") return;
  throw new ThalwegError({
    kind: "usage",
    code: "bad-label",
    message: `The label of a random stream is a string, but ${shownValue(given)} was given.`,
    hint: 'Name what the numbers are for: random.split("trace").',
  });
}
