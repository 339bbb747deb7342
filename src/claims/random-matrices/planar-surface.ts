import type { RandomStream } from "../../random/random-stream.ts";
import type { RandomFunction } from "./critical-point.ts";

/** A part of a covariance, weight × exp(−r²/2 length²). */
interface Part {
  readonly weight: number;
  readonly length: number;
}

/** A random function on a torus. */
export interface PlanarSurface {
  /** At any place. */
  readonly everywhere: RandomFunction;
  /** Values, and derivatives down and to the right, at n × n places, in rows. */
  onGrid(n: number): { values: Float64Array; slopes: readonly [Float64Array, Float64Array] };
}

/** Waves that are shorter, relative to the length, carry less than exp(−½ 6.5²) ≈ 7e-10 of the variance, and are left out. */
const SHORTEST = 6.5;

/** size · cos(qx − turn): one wave along a side. */
interface Wave {
  readonly q: number;
  readonly size: number;
  readonly turn: number;
}

/** Σ gⱼₖ uⱼ(x) uₖ(y). */
interface Sum {
  readonly waves: readonly Wave[];
  readonly amounts: readonly Float64Array[];
}

/**
 * A Gaussian field whose covariance is a sum of parts, periodic: for each Σ gⱼₖ uⱼ(x) uₖ(y), g independent standard normal numbers, uⱼ
 * the waves that fit the side, each times the root of its share in exp(−x²/2) wrapped around it, which goes like e^(−q²/2). The
 * covariance of a part is a product of those along the sides. Cost: waves² multiplications for a place.
 */
export function planarSurface(side: number, parts: readonly Part[], random: RandomStream): PlanarSurface {
  const sums = parts.map((part): Sum => {
    const waves = wavesOf(side, part);
    return { waves, amounts: waves.map(() => random.normalVector(waves.length)) };
  });
  /** The derivative, so many times down and to the right. */
  const derivative = (x: Float64Array, down: number, right: number) =>
    sums.reduce((total, { waves, amounts }) => {
      const [across, along] = [
        waves.map((wave) => valueOf(wave, x[0], down)),
        waves.map((wave) => valueOf(wave, x[1], right)),
      ];
      amounts.forEach((row, j) => {
        let sum = 0;
        for (let k = 0; k < along.length; k++) sum += row[k] * along[k];
        total += across[j] * sum;
      });
      return total;
    }, 0);
  const hessian = (x: Float64Array) => {
    const mixed = derivative(x, 1, 1);
    return Float64Array.of(derivative(x, 2, 0), mixed, mixed, derivative(x, 0, 2));
  };
  return {
    everywhere: {
      dimension: 2,
      hessian,
      value: (x) => derivative(x, 0, 0),
      gradient(x, into) {
        into[0] = derivative(x, 1, 0);
        into[1] = derivative(x, 0, 1);
      },
      hessianVector(x, v, into) {
        const [a, b, c, d] = hessian(x);
        into[0] = a * v[0] + b * v[1];
        into[1] = c * v[0] + d * v[1];
      },
    },
    onGrid: (n) => ({
      values: gridOf(sums, { n, side, down: 0, right: 0 }),
      slopes: [gridOf(sums, { n, side, down: 1, right: 0 }), gridOf(sums, { n, side, down: 0, right: 1 })],
    }),
  };
}

function wavesOf(side: number, { weight, length }: Part): Wave[] {
  const most = Math.floor((SHORTEST * side) / (2 * Math.PI * length));
  return Array.from({ length: 2 * most + 1 }, (_, i) => {
    const j = Math.ceil(i / 2);
    const q = (2 * Math.PI * j) / side;
    const share =
      ((j === 0 ? 1 : 2) * Math.sqrt(2 * Math.PI) * length * Math.exp((-q * q * length * length) / 2)) / side;
    // The weight is that of two waves together.
    return { q, size: Math.sqrt(share * Math.sqrt(weight)), turn: i > 0 && i % 2 === 0 ? Math.PI / 2 : 0 };
  });
}

function valueOf({ q, size, turn }: Wave, x: number, derivatives: number): number {
  return size * q ** derivatives * Math.cos(q * x - turn + (derivatives * Math.PI) / 2);
}

interface Grid {
  readonly n: number;
  readonly side: number;
  readonly down: number;
  readonly right: number;
}

function gridOf(sums: readonly Sum[], { n, side, down, right }: Grid): Float64Array {
  const values = new Float64Array(n * n);
  for (const { waves, amounts } of sums) {
    const along = (derivatives: number) =>
      waves.map((wave) => Float64Array.from({ length: n }, (_, i) => valueOf(wave, (i * side) / n, derivatives)));
    const [across, to] = [along(down), along(right)];
    const row = new Float64Array(waves.length);
    for (let i = 0; i < n; i++) {
      row.fill(0);
      amounts.forEach((each, j) => {
        for (let k = 0; k < row.length; k++) row[k] += across[j][i] * each[k];
      });
      row.forEach((amount, k) => {
        for (let j = 0; j < n; j++) values[i * n + j] += amount * to[k][j];
      });
    }
  }
  return values;
}
