import { ProblemObjective } from "../../dynamics/race/problem-objective.ts";
import { distance, dot, norm2, plusMultiple } from "../../linalg/vector.ts";
import { walkOf } from "../../optimizers/coordinate-walk.ts";
import type { LaterObjective } from "../../optimizers/objective.ts";
import { sharpnessAware } from "../../optimizers/sharpness-aware.ts";
import { followOn } from "../../optimizers/walk.ts";
import type { Problem } from "../../problem/problem.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { sharpestDirection } from "./sharpest-direction.ts";

/** ρ, and the slope at that distance, over what weights and slope are rounded by: small, so that the loss is its parabola. */
const ROUNDINGS = 1e6;
const EPSILON = { float32: 2 ** -24, float64: 2 ** -53 };
/** ηλ₁ of the runs. */
const PRODUCTS = [0.9, 1.2];
/** Steps after which |1 − ηλ₁|ᵗ is far below what is allowed; few, as directions that curve down grow out of rounding. */
const STEPS = 6;
const ALLOWED = 0.02;

/**
 * SAM on L(θ + z) − ∇L(θ)ᵀz, of which the weights of a network are a point at rest, from a little way along the sharpest direction:
 * half the way from one step's end to the next's, over ρ. In float64 where there is that.
 *
 * Cost: two gradients a step, and the search for λ₁.
 *
 * @throws input error `curves-down` where no curvature is positive
 */
export async function bounceOnNetwork(given: Problem, desk: ClaimDesk): Promise<Conclusion> {
  const problem = given.inFloat64 ?? given;
  const { parameters: home } = problem.point;
  const slope = await problem.point.gradient(desk.context);
  const { value: sharpest, vector } = await sharpestDirection(problem, desk);
  const rho = ROUNDINGS * EPSILON[problem.options.precision] * Math.max(norm2(home), norm2(slope) / sharpest);
  const objective = new ProblemObjective(problem, desk.context);
  const tilted: LaterObjective = {
    value: async (at) => (await objective.value(at)) - dot(slope, at) + dot(slope, home),
    hessianVector: (at, v) => objective.hessianVector(at, v),
    gaussNewtonVector: (at, v) => objective.gaussNewtonVector(at, v),
    gradient: async (at) => (await objective.gradient(at)).map((g, i) => g - slope[i]),
  };
  const amplitudes: number[] = [];
  try {
    for (const product of PRODUCTS) {
      const by = sharpnessAware.with({ lr: product / sharpest, rho });
      const start = plusMultiple(home, rho, vector);
      let [before, way, steps] = [start, Number.NaN, 0];
      await followOn(tilted, walkOf(by, { start, random: desk.random }), (at) => {
        way = distance(before, at);
        before = at.slice();
        return Promise.resolve(++steps === STEPS);
      });
      amplitudes.push(way / (2 * rho));
    }
  } finally {
    await objective.close();
  }
  return {
    evidence: PRODUCTS.map((product, i) =>
      weigh({
        name: `half the way of step ${STEPS} over ρ = ${Number(rho.toPrecision(3))}, ηλ₁ = ${product}`,
        measured: amplitudes[i],
        law: equals(product / (2 - product)),
        rival: equals(0),
        allowed: (ALLOWED * product) / (2 - product),
      }),
    ),
    picture: null,
  };
}
