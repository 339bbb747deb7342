import { dot } from "../../linalg/vector.ts";
import { gradientsAt, type LossAndGradient } from "../../problem/gradients-at.ts";
import type { Point } from "../../problem/point.ts";
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

/** What is noted of a draw, in this order; the rest are controls, dᵍ − (w − w*)ᵍ·∇ᵍU for groups of parameters, of mean 0. */
export const NOTED = { energy: 0, squaredDistance: 1, controls: 2 } as const;

/**
 * The tempered posterior around weights w*, p(w) ∝ exp(−nβ (L(w) − L(w*)) − γ/2 ‖w − w*‖²), in w − w*: L is the loss of an example,
 * the sum of its terms, so that nL is the negative log-likelihood of n examples (Lau et al. 2023).
 *
 * By parts, E[(w − w*)·∇U] = d over any group of d coordinates, whatever the loss: what is noted of each draw holds it.
 */
export function temperedPosterior(
  point: Point,
  home: number,
  { inverseTemperature, localization, spread }: Tempering,
  context: RunContext,
): TemperedDensity {
  const { space, sample } = point;
  const centre = point.parameters;
  const { dimension } = space;
  /** From the loss as it is measured to that of an example. */
  const unit = sample.divisor / sample.examples;
  const groups = space.tensors.map(({ offset, size }) => offset + size);
  const spans = space.tensors.length > MOST_CONTROLS ? [dimension] : groups;
  const potentialAt = (t: number, u: Float64Array, { loss, gradient: slope }: LossAndGradient): TemperedPotential => {
    const factor = t * unit;
    const energy = factor * (loss - home);
    const square = dot(u, u);
    const gradient = new Float64Array(dimension);
    for (let i = 0; i < dimension; i++) gradient[i] = factor * slope[i] + localization * u[i];
    return {
      energy: energy + (localization / 2) * square,
      gradient,
      note: () => [energy, square, ...identitiesAt(u, gradient, spans)],
      tempered: unit * (loss - home),
      at: (other) => potentialAt(other, u, { loss, gradient: slope }),
    };
  };
  return {
    dimension,
    centre: new Float64Array(dimension),
    inverseTemperature,
    start: (random) => random.normalVector(dimension).map((x) => (spread * x) / Math.sqrt(localization)),
    groups,
    async at(places) {
      const weights = places.map((u) => {
        const w = new Float64Array(dimension);
        for (let i = 0; i < dimension; i++) w[i] = centre[i] + u[i];
        return w;
      });
      const found = await gradientsAt(point, weights, context);
      return found.map((each, k) => potentialAt(inverseTemperature, places[k], each));
    },
  };
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
