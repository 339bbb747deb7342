import { dot } from "../../linalg/vector.ts";
import { gradientsAt, type LossAndGradient } from "../../problem/gradients-at.ts";
import type { Point } from "../../problem/point.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { TemperedDensity, TemperedPotential } from "../../sampling/sampler.ts";
import type { RunContext } from "../../util/run-context.ts";

/** Tensors beyond which one identity for all of them has to do. */
const MOST_CONTROLS = 16;

/** How sharp a posterior is, and how near it stays. */
export interface Tempering {
  /** nβ, with n independent examples. */
  readonly inverseTemperature: number;
  /** γ. */
  readonly localization: number;
  /** Deviation of the normal displacements that chains begin with, in units of 1/√γ. */
  readonly spread: number;
}

/** Batches of examples that slopes are taken on. */
export interface Batches {
  readonly size: number;
  /** The loss of those examples; 0 where none of them counts. Whoever asks releases it. */
  readonly pointOn: (examples: Int32Array) => Point;
}

/** What is noted of a draw, in this order; the rest are controls, dᵍ − (w − w*)ᵍ·∇ᵍU for groups of parameters, of mean 0. */
export const NOTED = { energy: 0, squaredDistance: 1, controls: 2 } as const;

/**
 * The tempered posterior around weights w*, p(w) ∝ exp(−nβ (L(w) − L(w*)) − γ/2 ‖w − w*‖²), in w − w*: L is the loss of an example,
 * the sum of its terms, so that nL is the negative log-likelihood of n examples (Lau et al. 2023).
 *
 * Slopes on a batch B are those of its change from w*, ∇L_B(w) − ∇L_B(w*) + ∇L(w*): near w* hardly a batch differs from the next
 * (Baker et al. 2019).
 *
 * By parts, E[(w − w*)·∇U] = d over any group of d coordinates, whatever the loss: what is noted of each draw holds it.
 */
export function temperedPosterior(
  point: Point,
  home: LossAndGradient,
  { inverseTemperature, localization, spread }: Tempering,
  context: RunContext,
  batches?: Batches,
): TemperedDensity {
  const { space, sample, l2 } = point;
  const centre = point.parameters;
  const { dimension } = space;
  /** From the loss as it is measured to that of an example. */
  const unit = sample.divisor / sample.examples;
  const groups = space.tensors.map(({ offset, size }) => offset + size);
  const spans = space.tensors.length > MOST_CONTROLS ? [dimension] : groups;
  const weightsAt = (u: Float64Array) => u.map((each, i) => centre[i] + each);
  const potentialAt = (t: number, u: Float64Array, { loss, gradient: slope }: LossAndGradient): TemperedPotential => {
    const factor = t * unit;
    const energy = factor * (loss - home.loss);
    const square = dot(u, u);
    const gradient = new Float64Array(dimension);
    for (let i = 0; i < dimension; i++) gradient[i] = factor * slope[i] + localization * u[i];
    return {
      energy: energy + (localization / 2) * square,
      gradient,
      note: () => [energy, square, ...identitiesAt(u, gradient, spans)],
      tempered: unit * (loss - home.loss),
      at: (other) => potentialAt(other, u, { loss, gradient: slope }),
    };
  };
  const slopesOn = async (examples: Int32Array, { pointOn }: Batches, places: readonly Float64Array[]) => {
    await using part = pointOn(examples);
    const found = await gradientsAt(part, [...places.map(weightsAt), centre], context, { l2: 0 });
    const there = found[places.length].gradient;
    // To that of an example of the batch, whatever its weight in a mean.
    const partUnit = part.sample.divisor / part.sample.examples;
    return places.map((u, k) => {
      const { gradient: slope } = found[k];
      // The batch's own slope at w* is known to be that of all examples on average, and is put right by it.
      return u.map((each, i) => {
        const data = partUnit * (slope[i] - there[i]) + unit * (home.gradient[i] + l2 * each);
        return inverseTemperature * data + localization * each;
      });
    });
  };
  return {
    dimension,
    centre: new Float64Array(dimension),
    inverseTemperature,
    start: (random) => random.normalVector(dimension).map((x) => (spread * x) / Math.sqrt(localization)),
    groups,
    async at(places) {
      const found = await gradientsAt(point, places.map(weightsAt), context);
      return found.map((each, k) => potentialAt(inverseTemperature, places[k], each));
    },
    batchShare: batches === undefined ? 1 : batches.size / sample.examples,
    async slopesOnBatch(places, random) {
      if (batches === undefined || batches.size >= sample.examples)
        return (await this.at(places)).map(({ gradient }) => gradient);
      return slopesOn(distinct(batches.size, sample.examples, random).sort(), batches, places);
    },
    async *slopesOnDivision(places, random) {
      if (batches === undefined) return;
      const order = Int32Array.from(random.permutation(sample.examples));
      for (let end = batches.size; end <= order.length; end += batches.size)
        yield await slopesOn(order.slice(end - batches.size, end).sort(), batches, places);
    },
  };
}

/** So many different numbers below n (Floyd 1987). */
function distinct(size: number, n: number, random: RandomStream): Int32Array {
  const chosen = new Set<number>();
  for (let last = n - size; last < n; last++) {
    const drawn = random.integer(last + 1);
    chosen.add(chosen.has(drawn) ? last : drawn);
  }
  return Int32Array.from(chosen);
}

/** dᵍ − uᵍ·∇ᵍU of each group g. */
function identitiesAt(u: Float64Array, gradient: Float64Array, spans: readonly number[]): number[] {
  let from = 0;
  return spans.map((to) => {
    const identity = to - from - dot(u.subarray(from, to), gradient.subarray(from, to));
    from = to;
    return identity;
  });
}
