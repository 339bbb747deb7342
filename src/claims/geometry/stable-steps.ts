import { z } from "zod";
import { dot, norm2 } from "../../linalg/vector.ts";
import { adam } from "../../optimizers/adam.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { heavyBall } from "../../optimizers/heavy-ball.ts";
import { nesterov } from "../../optimizers/nesterov.ts";
import { largestStepSize, type StabilityLimit } from "../../optimizers/stability-limit.ts";
import type { Problem } from "../../problem/problem.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { formatNumber } from "../../util/format-number.ts";
import { type ClaimDesk, type Conclusion, defineClaim } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";
import { inFloat64 } from "./in-float64.ts";
import { largestCurvature } from "./largest-curvature.ts";
import { oneStep } from "./one-step.ts";
import { slopeAlong, weighSlope } from "./slope-along.ts";

const LARGEST = 10;
const BETA = 0.9;
const STEPS = 20_000;
/** Beside the threshold, on either side. */
const [BELOW, ABOVE] = [0.999, 1.001];
/** What a walk that settles falls below, and one that does not rises above, relative to where it began. */
const [SETTLED, GONE] = [1e-10, 1e10];
/** Adam begins so near that its divisor is ε all the way: √v is at most λ times the distance. */
const NEAR = 1e-25;

const on = quadratic.with({ kappa: LARGEST, n: 2, angle: 0.3 });

/** Adam's divisor is ε = 1, so that D⁻¹H is H. */
const OPTIMIZERS = [
  { name: "gradient descent", by: (lr: number) => gradientDescent.with({ lr }) },
  { name: "heavy ball", by: (lr: number) => heavyBall.with({ lr, momentum: BETA }) },
  { name: "Nesterov", by: (lr: number) => nesterov.with({ lr, momentum: BETA }) },
  { name: "Adam whose divisor is at rest", by: (lr: number) => adam.with({ lr, beta1: BETA, eps: 1 }) },
].map((each) => ({ ...each, limit: stableOf(each.by(1).stabilityLimit) }));

/** The largest stable ηλ₁, as the optimiser states it. */
function stableOf(limit: StabilityLimit | undefined): number {
  if (limit === undefined) throw new Error("it states no limit");
  return largestStepSize(limit, 1);
}

/** ηλ₁ of the steps of gradient descent that are drawn. */
const DRAWN = Array.from({ length: 13 }, (_, i) => i / 5);

export const stableSteps = defineClaim({
  id: "A6",
  topic: "geometry",
  statement: "Gradient descent is stable if and only if its step size is below 2/λmax.",
  says: "law",
  law: "a step multiplies the distance along λ by 1 − ηλ: η < 2/λ₁; 2(1 + β)/λ₁ for heavy ball, (2 + 2β)/((1 + 2β)λ₁) for Nesterov, and (2 + 2β)/((1 − β)λ₁), 38/λ₁ at β = 0.9, for Adam, λ₁ then of D⁻¹H",
  rival: "η < 1/λ₁, up to which the descent lemma promises the most, for all of them",
  source: "Polyak 1964; Cohen, Kaur, Li, Kolter & Talwalkar 2021; Cohen et al. 2022 for Adam",
  why: "Along the sharpest direction a step that is too long lands higher on the other side.",
  means:
    "The largest curvature gives the largest step size at these weights, and each optimiser has its own multiple of it: heavy ball bears nearly twice as much, Nesterov less than plain descent.",
  breaks:
    "Losses are no quadratics: beyond 2/λ₁ training may go on at the edge while the curvature falls. Batches make it unstable earlier.",
  reading: ["Cohen et al., ICLR (2021)", "Cohen et al., arXiv:2207.14484 (2022)"],
  parameters: z.object({}),
  found: z.object({
    below: z.array(z.number()).describe("Distance from the minimum at the end, relative to that at the start."),
    above: z.array(z.number()),
    factors: z.array(z.number()),
  }),
  measure() {
    const grown = (share: number) =>
      OPTIMIZERS.map(({ by, limit }) => {
        const from = Float64Array.of(NEAR, NEAR);
        return norm2(placeAfter({ on, by: by((share * limit) / LARGEST), from }, STEPS)) / norm2(from);
      });
    const steep = quadratic.with({ kappa: LARGEST, n: 1 });
    const factors = DRAWN.map((product) => {
      if (product === 0) return 1;
      const by = gradientDescent.with({ lr: product / LARGEST });
      return norm2(placeAfter({ on: steep, by, from: Float64Array.of(1) }, 1));
    });
    return { below: grown(BELOW), above: grown(ABOVE), factors };
  },
  conclude: ([{ below, above, factors }]) => ({
    evidence: OPTIMIZERS.flatMap(({ name, limit }, i) => [
      weigh({
        name: `distance after ${STEPS} steps of ${name} over that at the start, ηλ₁ = ${BELOW} · ${formatNumber(limit)}`,
        measured: below[i],
        law: atMost(SETTLED),
        rival: atLeast(GONE),
      }),
      weigh({
        name: `distance after ${STEPS} steps of ${name} over that at the start, ηλ₁ = ${ABOVE} · ${formatNumber(limit)}`,
        measured: above[i],
        law: atLeast(GONE),
        rival: atLeast(GONE),
      }),
    ]),
    picture: {
      title: "What a step of gradient descent does along the sharpest direction",
      description:
        "Distance from the minimum after a step over that before, against ηλ₁: it falls where this is below 1.",
      x: { title: "ηλ₁" },
      y: { title: "|1 − ηλ₁|" },
      law: [{ name: "", x: [0, 1, 2.4], y: [1, 0, 1.4] }],
      rival: [{ name: "limit 1/λ₁", x: [1, 1], y: [0, 1.4] }],
      measured: [{ name: "", x: DRAWN, y: factors }],
    },
  }),
  network: {
    measures:
      "by what a step of gradient descent multiplies a small distance along the sharpest direction, below and above 2/λmax",
    measure: ({ problem }, desk) => growthOfSteps(problem, desk),
  },
});

/** Shares of 2/λmax that are looked at on a network. */
const SHARES = [0.9, 1.1];
/** What differences of float64 gradients leave. */
const ROUNDING = 1e-5;

/** The derivative of a step of gradient descent along the sharpest direction of a network, by differences of whole steps. */
function growthOfSteps(given: Problem, desk: ClaimDesk): Promise<Conclusion> {
  return inFloat64(given, desk, async ({ point, loss, where }) => {
    const { value, residual, vector } = await largestCurvature(point, desk);
    const evidence = [];
    for (const share of SHARES) {
      const by = gradientDescent.with({ lr: (2 * share) / value });
      const slope = await slopeAlong((x) => oneStep(loss, by, x), {
        at: point.parameters,
        along: vector,
        size: vector.length,
      });
      evidence.push(
        weighSlope(slope, {
          name: `distance along the sharpest direction after a step over that before, η = ${share} · 2/λmax${where}`,
          measured: Math.abs(dot(vector, slope.value)),
          law: equals(Math.abs(1 - 2 * share)),
          rival: atLeast(1),
          allowed: ROUNDING + (2 * share * residual) / value,
        }),
      );
    }
    return { evidence, picture: null };
  });
}
