import { encloseBelow, type Quadrature } from "../../estimators/spectral-measure.ts";
import { KrylovSpace } from "../../estimators/krylov-space.ts";
import { countProducts, productRounding } from "../../estimators/products.ts";
import { dot, norm2, plusMultiple } from "../../linalg/vector.ts";
import type { Desk } from "../../quantities/desk.ts";
import { gradientRounding } from "../../quantities/gradient-rounding.ts";
import { hessianOperator } from "../../quantities/hessian-operator.ts";
import { lossGradient } from "../../quantities/loss-gradient.ts";
import { lossRounding } from "../../quantities/loss-rounding.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import type { OtherWeights } from "../../runs/subject.ts";
import { isNotFinite } from "../../util/thalweg-error.ts";
import { criticalSharpness, criticalSharpnessByRate } from "./critical-sharpness.ts";
import { criticalStep, type Change } from "./critical-step.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";
import type { PointNumbers, StepNumbers } from "./trajectory-result.ts";
import { maxOf } from "../../util/extremes.ts";

/** The shares of a step are enclosed this closely, or as closely as so many products do it. */
const ENCLOSED = 0.02;
const MOST_PRODUCTS = 24;

/**
 * The anatomy of the step d from one checkpoint to the next, at the first:
 *
 *   L(θ + d) − L(θ) = gᵀd + ½ dᵀHd + remainder,
 *
 * with what of it runs along flat and along curved directions, and how far it could have been lengthened. Statistics of
 * normalisation stay those of the first checkpoint. Undefined where the two are the same weights.
 *
 * Cost: up to 24 products, and the losses of the critical step.
 */
export async function measureStep(
  desk: Desk,
  options: TrajectoryOptions,
  { weights: from, top }: Pick<PointNumbers, "weights" | "top">,
  { path: to, theta, doubts }: Pick<OtherWeights, "path" | "theta" | "doubts">,
): Promise<StepNumbers | undefined> {
  const { point } = desk;
  const home = point.parameters;
  const d = theta.map((x, i) => x - home[i]);
  const length = norm2(d);
  if (length === 0) return undefined;
  const slope = dot(await desk.get(lossGradient), d);
  const rounding = await desk.get(gradientRounding);
  const changeAt = await changesAlong(desk, d);
  const atEnd = await changeAt(1);
  const along = await spectrumAlong(
    desk,
    d.map((x) => x / length),
    options.flat * Math.abs(top[0].value),
  );
  const curvature = (along.curvature * length * length) / 2;
  const slopeError = rounding.gradient * length;
  const isSlopeKnown = Math.abs(slope) > slopeError;
  const critical = await criticalStep((t) => (t === 1 ? Promise.resolve(atEnd) : changeAt(t)), {
    slope: isSlopeKnown ? slope : undefined,
    curvature,
    passes: options.passes,
  });
  return {
    from,
    to,
    length,
    change: atEnd?.value ?? null,
    changeRounding: atEnd?.rounding ?? 0,
    slope,
    slopeError,
    curvature,
    curvatureError: (along.error * length * length) / 2,
    remainder: atEnd === null ? null : atEnd.value - slope - curvature,
    hill: along.hill,
    critical: {
      ...critical,
      ...criticalSharpness(critical, { value: slope, error: slopeError }, length * length),
      ...criticalSharpnessByRate(critical, options),
    },
    doubts: doubts.map(({ text }) => text),
  };
}

/** The change of the loss at multiples of a step, with its rounding; null where it is not finite. */
async function changesAlong(desk: Desk, d: Float64Array): Promise<(t: number) => Promise<Change | null>> {
  const { problem, point, context } = desk;
  const home = point.parameters;
  const { loss } = await desk.get(lossValue);
  const rounding = await desk.get(lossRounding);
  return async (t) => {
    try {
      await using there = problem.at(plusMultiple(home, t, d));
      const { loss: other } = await there.value(context);
      // A larger loss is rounded in proportion.
      return { value: other - loss, rounding: rounding * (1 + Math.max(1, loss === 0 ? 1 : Math.abs(other / loss))) };
    } catch (error) {
      if (isNotFinite(error)) return null;
      throw error;
    }
  };
}

/** uᵀHu of a unit vector, and how u spreads over the spectrum: above a threshold, below minus it, and between. */
async function spectrumAlong(desk: Desk, u: Float64Array, threshold: number) {
  const operator = desk.operator(hessianOperator);
  const products = countProducts(operator, desk.stage("steps"));
  const space = new KrylovSpace({ operator, start: [u] });
  let hill: StepNumbers["hill"] = null;
  while (space.pending().length > 0 && space.length < Math.min(MOST_PRODUCTS, operator.dimension)) {
    if (space.length > 0 && !products.affords(1)) break;
    space.absorb(await products.apply(space.pending()));
    if (threshold === 0) break;
    const quadrature = { ...space.jacobi(), last: space.pending().length === 0 ? 0 : space.jacobi().last };
    hill = { threshold, ...sharesOf(quadrature, threshold), products: products.count() };
    if (widestOf(hill) <= ENCLOSED) break;
  }
  const curvature = space.jacobi().diagonal[0];
  const scale = maxOf(space.ritz().values.map(Math.abs));
  return { curvature, error: Math.max(products.rounding("norm", scale), productRounding(operator, scale)), hill };
}

function sharesOf(quadrature: Quadrature, threshold: number) {
  const upper = encloseBelow(quadrature, threshold);
  const lower = encloseBelow(quadrature, -threshold);
  const clipped = (share: number) => Math.min(1, Math.max(0, share));
  return {
    above: { lower: clipped(1 - upper.upper), upper: clipped(1 - upper.lower) },
    flat: { lower: clipped(upper.lower - lower.upper), upper: clipped(upper.upper - lower.lower) },
    below: { lower: clipped(lower.lower), upper: clipped(lower.upper) },
  };
}

function widestOf({ above, flat, below }: NonNullable<StepNumbers["hill"]>): number {
  return maxOf([above, flat, below].map(({ lower, upper }) => upper - lower));
}
