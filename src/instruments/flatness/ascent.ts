import { dot, norm2 } from "../../linalg/vector.ts";
import type { Measurement } from "../measurement.ts";

/** A set of steps around the parameters, symmetric about 0 and convex, over which a linear function is easy to maximise. */
export interface Region {
  /** The step in the region that maximises gᵀz. */
  best(gradient: Float64Array): Float64Array;
}

/** |zᵢ| ≤ bᵢ. */
export function box(bounds: Float64Array): Region {
  return { best: (gradient) => gradient.map((g, i) => Math.sign(g) * bounds[i]) };
}

/** ‖z‖ ≤ ρ. */
export function ball(radius: number): Region {
  return {
    best: (gradient) => {
      const length = norm2(gradient);
      return length > 0 ? gradient.map((g) => (radius * g) / length) : gradient.slice();
    },
  };
}

/** ‖T⁻¹z‖ ≤ ρ for T = diag(scales): z = ρ T²g/‖Tg‖ (Kwon et al. 2021). */
export function ellipsoid(scales: Float64Array, radius: number): Region {
  return {
    best: (gradient) => {
      const length = norm2(gradient.map((g, i) => scales[i] * g));
      return length > 0 ? gradient.map((g, i) => (radius * scales[i] ** 2 * g) / length) : gradient.slice();
    },
  };
}

export interface Ascent {
  /** Largest L(θ + z) − L(θ) met: a lower bound of the maximum. */
  readonly rise: number;
  readonly step: Float64Array;
  readonly converged: boolean;
}

/**
 * max over z in the region of L(θ + z) − L(θ), from below: z ← the best step for ∇L(θ + z), which never
 * goes down where L is convex on the region (conditional gradient with unit steps; on a quadratic and a
 * ball it is power iteration). Started from each given direction and its opposite; the best is kept.
 *
 * Cost: one gradient and one loss per iteration and start.
 */
export async function ascend(
  measurement: Measurement,
  region: Region,
  starts: readonly Float64Array[],
  iterations: number,
): Promise<Ascent> {
  const { problem, context } = measurement;
  const home = problem.parameters;
  const base = (await problem.value(context)).loss;
  let best: Ascent = { rise: 0, step: new Float64Array(home.length), converged: false };
  for (const start of starts) {
    let z = region.best(start);
    let rise = Number.NEGATIVE_INFINITY;
    let converged = false;
    for (let i = 0; i < iterations && !measurement.outOfTime; i++) {
      const point = home.map((x, j) => x + z[j]);
      const { loss, gradient } = await problem.at(point, async () => ({
        loss: (await problem.value(context)).loss,
        gradient: await problem.gradient(context),
      }));
      const now = loss - base;
      if (now > best.rise) best = { rise: now, step: z, converged: false };
      if (now - rise <= 1e-3 * Math.abs(now)) {
        converged = true;
        break;
      }
      rise = now;
      z = region.best(gradient);
    }
    if (rise >= best.rise * (1 - 1e-3) || best.rise === rise)
      best = { ...best, converged: best.converged || converged };
  }
  return best;
}

/** gᵀz + ½ zᵀHz: the rise that gradient and curvature at θ predict for a step. One product. */
export async function quadraticRise(measurement: Measurement, step: Float64Array): Promise<number> {
  const gradient = await measurement.problem.gradient(measurement.context);
  const [image] = await measurement.hessian.apply([step]);
  return dot(gradient, step) + dot(step, image) / 2;
}
