import { studentTQuantile } from "../linalg/distributions.ts";
import { thinQr } from "../linalg/thin-qr.ts";
import { dot } from "../linalg/vector.ts";
import { sphereProbe } from "../estimators/probe.ts";
import { productRounding } from "../estimators/products.ts";
import type { Interval } from "../estimators/estimate.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";

/** How two symmetric matrices lie to each other, from the same products. */
export interface Alignment {
  /** tr(AB)/(‖A‖F ‖B‖F). */
  readonly cosine: { readonly value: number; readonly standardError: number; readonly interval: Interval };
  /** tr(AB), with its standard error and what rounding of the products leaves of it. */
  readonly product: { readonly value: number; readonly standardError: number; readonly rounding: number };
  /** ‖A‖²F. */
  readonly square: number;
}

interface Sums {
  readonly product: number;
  readonly squareA: number;
  readonly squareB: number;
}

/**
 * tr(AB) = Σₖ ⟨Aqₖ, Bqₖ⟩ + E⟨Az, Bz⟩, with q an orthonormal basis of the given directions and z uniform on a
 * sphere of their complement; ‖A‖²F and ‖B‖²F by the same sum from the same products. The cosine of the three
 * can by Cauchy and Schwarz not exceed 1, whatever the probes, and their errors cancel where it is near it.
 *
 * Its interval is that of the jackknife over the probes on Fisher's scale, artanh, with Student's quantile of
 * (probes − 1)/2 degrees of freedom: the law of one ⟨Az, Bz⟩ is that skewed. Where the complement has no more
 * dimensions than there are probes, the whole space is taken and the cosine is exact. Rounding ΔA and ΔB of the
 * products moves tr(AB)/(‖A‖F ‖B‖F), and the cosine by no more than twice, by ε = ‖ΔA‖F/‖A‖F + ‖ΔB‖F/‖B‖F.
 *
 * Cost: one product of each a direction and a probe.
 */
export async function alignmentOf(
  a: LinearOperator,
  b: LinearOperator,
  directions: readonly Float64Array[],
  probes: number,
  random: RandomStream,
  confidence: number,
): Promise<Alignment> {
  const { dimension } = a;
  const whole = dimension - directions.length <= probes;
  const basis = whole ? identity(dimension) : thinQr(directions.map((v) => v.slice())).q;
  const z = whole ? [] : Array.from({ length: probes }, (_, i) => sphereProbe(random.split(`${i}`), dimension, basis));
  const all = [...basis, ...z];
  const imagesA = await a.apply(all);
  const imagesB = await b.apply(all);
  const sums = all.map((_, i) => ({
    product: dot(imagesA[i], imagesB[i]),
    squareA: dot(imagesA[i], imagesA[i]),
    squareB: dot(imagesB[i], imagesB[i]),
  }));
  const known = sum(sums.slice(0, basis.length));
  const samples = sums.slice(basis.length);
  const total = sum(samples);
  const estimate = (without?: Sums): Sums => {
    const count = samples.length - (without ? 1 : 0);
    const rest = without ? add(total, without, -1) : total;
    return count > 0 ? add(known, rest, 1 / count) : known;
  };
  const value = cosineOf(estimate());
  const product = estimate().product;
  const bent = jackknife(samples.map((sample) => Math.atanh(inside(cosineOf(estimate(sample))))));
  const centre = Math.atanh(inside(value));
  const width = samples.length > 1 ? bent * studentTQuantile(0.5 + confidence / 2, (samples.length - 1) / 2) : 0;
  const sizes = [Math.sqrt(estimate().squareA), Math.sqrt(estimate().squareB)] as const;
  const off = (await shareOfRounding(a, sizes[0])) + (await shareOfRounding(b, sizes[1]));
  const [lower, upper] = width > 0 ? [Math.tanh(centre - width), Math.tanh(centre + width)] : [value, value];
  return {
    cosine: {
      value,
      standardError: bent * (1 - value ** 2) + 2 * off,
      interval: { lower: Math.max(-1, lower - 2 * off), upper: Math.min(1, upper + 2 * off), confidence },
    },
    product: {
      value: product,
      standardError: jackknife(samples.map((sample) => estimate(sample).product)),
      rounding: off * sizes[0] * sizes[1],
    },
    square: estimate().squareA,
  };
}

/** ‖ΔA‖F/‖A‖F. */
async function shareOfRounding(operator: LinearOperator, size: number): Promise<number> {
  const measured = (await operator.rounding?.())?.frobenius ?? 0;
  return size > 0 ? Math.max(measured, productRounding(operator, size)) / size : 0;
}

function add(x: Sums, y: Sums, factor = 1): Sums {
  return {
    product: x.product + factor * y.product,
    squareA: x.squareA + factor * y.squareA,
    squareB: x.squareB + factor * y.squareB,
  };
}

function sum(parts: readonly Sums[]): Sums {
  return parts.reduce((x, y) => add(x, y), { product: 0, squareA: 0, squareB: 0 });
}

/** At most 1 in size also after rounding; 0 beside a matrix that is zero, which has no direction. */
function cosineOf({ product, squareA, squareB }: Sums): number {
  // Root by root: the product of the squares may leave the range of numbers.
  const sizes = Math.sqrt(squareA) * Math.sqrt(squareB);
  return sizes === 0 ? 0 : Math.max(-1, Math.min(1, product / sizes));
}

/** Where artanh is finite. */
function inside(cosine: number): number {
  return Math.max(-1 + 1e-15, Math.min(1 - 1e-15, cosine));
}

/** The standard error from the estimates with one sample left out each. */
function jackknife(left: readonly number[]): number {
  const n = left.length;
  if (n < 2) return 0;
  const centre = left.reduce((sum, x) => sum + x, 0) / n;
  return Math.sqrt(((n - 1) / n) * left.reduce((sum, x) => sum + (x - centre) ** 2, 0));
}

function identity(dimension: number): Float64Array[] {
  return Array.from({ length: dimension }, (_, i) => {
    const unit = new Float64Array(dimension);
    unit[i] = 1;
    return unit;
  });
}
