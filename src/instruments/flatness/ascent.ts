import { dot, norm2 } from "../../linalg/vector.ts";
import { hessianOperator } from "../../quantities/hessian-operator.ts";
import { lossGradient } from "../../quantities/loss-gradient.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import type { Desk } from "../../quantities/desk.ts";

/** A set of steps around the parameters, symmetric about 0 and convex, over which a linear function is easy to maximise. */
export interface Region {
  /** The step in the region that maximises gᵀz; 0 where g is 0 on all that the region lets move. */
  best(gradient: Float64Array): Float64Array;
  /** At most 1 inside, up to rounding; ∞ for a step along what may not move. */
  gauge(step: Float64Array): number;
}

/** |zᵢ| ≤ bᵢ. */
export function box(bounds: Float64Array): Region {
  return {
    best: (gradient) => gradient.map((g, i) => Math.sign(g) * bounds[i]),
    gauge: (step) => step.reduce((most, z, i) => Math.max(most, z === 0 ? 0 : Math.abs(z) / bounds[i]), 0),
  };
}

/** ‖z‖ ≤ ρ. */
export function ball(radius: number): Region {
  return {
    best: (gradient) => unit(gradient).map((u) => radius * u),
    gauge: (step) => norm2(step) / radius,
  };
}

/** ‖T⁻¹z‖ ≤ ρ for T = diag(scales): z = ρ T Tg/‖Tg‖ (Kwon et al. 2021). Where a scale is 0, nothing moves. */
export function ellipsoid(scales: Float64Array, radius: number): Region {
  return {
    best: (gradient) => {
      const [g, t] = [unit(gradient), unit(scales)];
      return unit(g.map((x, i) => t[i] * x)).map((u, i) => radius * scales[i] * u);
    },
    gauge: (step) => norm2(step.map((z, i) => (z === 0 ? 0 : z / scales[i]))) / radius,
  };
}

/** v/‖v‖, or 0 for a vector of length zero; also where squares would leave the range of numbers. */
function unit(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest === 0) return new Float64Array(vector.length);
  const scaled = vector.map((x) => x / largest);
  const length = norm2(scaled);
  return scaled.map((x) => x / length);
}

export interface Ascent {
  /** Largest L(θ + z) − L(θ) met: a lower bound of the maximum. */
  readonly rise: number;
  readonly step: Float64Array;
  readonly converged: boolean;
}

/** Where one ascends: L(θ + z) − L(θ) and its slope, for a step z from a place θ. */
export interface Ground {
  readonly dimension: number;
  /** Once it is, no further step is looked at. */
  readonly outOfTime: boolean;
  at(step: Float64Array): Promise<{ readonly rise: number; readonly slope: Float64Array }>;
}

/**
 * max over z in the region of L(θ + z) − L(θ), from below: z ← the best step for ∇L(θ + z), which never
 * goes down where L is convex on the region (conditional gradient with unit steps; on a quadratic and a
 * ball it is power iteration). Started from each given direction; the best is kept, or what is `known` where that is better.
 *
 * Cost: one gradient and one loss per iteration and start.
 */
export async function ascendOn(
  ground: Ground,
  region: Region,
  starts: readonly Float64Array[],
  iterations: number,
  known?: Ascent,
): Promise<Ascent> {
  let best = known ?? { rise: 0, step: new Float64Array(ground.dimension), converged: false };
  for (const start of starts) {
    let z = region.best(start);
    let rise = Number.NEGATIVE_INFINITY;
    let converged = false;
    for (let i = 0; i < iterations && !ground.outOfTime; i++) {
      const { rise: now, slope } = await ground.at(z);
      if (now > best.rise) best = { rise: now, step: z, converged: false };
      if (now - rise <= 1e-3 * Math.abs(now)) {
        converged = true;
        break;
      }
      rise = now;
      z = region.best(slope);
    }
    if (rise >= best.rise * (1 - 1e-3) || best.rise === rise)
      best = { ...best, converged: best.converged || converged };
  }
  return best;
}

/** The same around the weights of a desk. */
export async function ascend(
  desk: Desk,
  region: Region,
  starts: readonly Float64Array[],
  iterations: number,
  known?: Ascent,
): Promise<Ascent> {
  const { problem, context } = desk;
  const home = desk.point.parameters;
  const { loss: base } = await desk.get(lossValue);
  const ground: Ground = {
    dimension: home.length,
    get outOfTime() {
      return desk.outOfTime;
    },
    async at(step) {
      await using there = problem.at(home.map((x, j) => x + step[j]));
      const { loss } = await there.value(context);
      return { rise: loss - base, slope: await there.gradient(context) };
    },
  };
  return ascendOn(ground, region, starts, iterations, known);
}

/** gᵀz + ½ zᵀHz: the rise that gradient and curvature at θ predict for a step. One product. */
export async function quadraticRise(desk: Desk, step: Float64Array): Promise<number> {
  const gradient = await desk.get(lossGradient);
  const [image] = await desk.operator(hessianOperator).apply([step]);
  return dot(gradient, step) + dot(step, image) / 2;
}
