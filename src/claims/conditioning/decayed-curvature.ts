import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { dot, normalize, norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { Problem } from "../../problem/problem.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { type ClaimDesk, type Conclusion, defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepMatrix } from "../step-matrix.ts";
import { placeAfter, stepsUntil } from "../walks.ts";
import { maxOf } from "../../util/extremes.ts";

const KAPPA = 100;
const DECAYS = [0.5, 1, 2, 5, 10];
/** Of which the step size and what is fitted are looked at. */
const DECAY = 5;
const LR = 2 ** -8;
/** Steps after which growth or fall is that of the steepest direction. */
const STEPS = 3000;

const on = quadratic.with({ kappa: KAPPA, n: 2, angle: 0.3 });

/** ½Σλᵢ(xᵢ − 1)². */
const CURVATURES = [1, 10, 100];
const fit: Objective = {
  dimension: CURVATURES.length,
  value: (x) => x.reduce((sum, each, i) => sum + (CURVATURES[i] * (each - 1) ** 2) / 2, 0),
  gradient: (x, into) => x.forEach((each, i) => (into[i] = CURVATURES[i] * (each - 1))),
  hessianVector: (_x, v, into) => v.forEach((each, i) => (into[i] = CURVATURES[i] * each)),
};

export const decayedCurvature = defineClaim({
  id: "D12",
  topic: "conditioning",
  statement: "Weight decay improves the condition of a loss.",
  says: "law",
  law: "w/2‖θ‖² in the loss makes κ = (λ₁ + w)/(λₙ + w) of λ₁/λₙ, gradient descent stable up to η = 2/(λ₁ + w), and λ/(λ + w) of what is fitted along λ",
  rival: "it shrinks weights and leaves the curvatures: κ and 2/λ₁ are as before",
  source: "Hoerl & Kennard 1970; Krogh & Hertz 1991",
  why: "It adds w to every curvature, which is much for a flat direction and little for a steep one.",
  means:
    "Fewer steps, for a bias in all directions that are flatter than w. The largest stable step becomes a little smaller.",
  breaks:
    "Decay apart from the gradient, as in AdamW, is not part of the loss that is divided; negative curvatures become smaller, and the condition worse, until w exceeds them.",
  reading: ["Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.1"],
  parameters: z.object({}),
  found: z.object({ conditions: z.array(z.number()), threshold: z.number(), fitted: z.array(z.number()) }),
  measure() {
    const conditions = DECAYS.map((weightDecay) => {
      const matrix = stepMatrix(on, gradientDescent.with({ lr: LR, weightDecay }), LR);
      const [least, most] = symmetricEigen(matrix, 2, false).values;
      return most / least;
    });
    const by = gradientDescent.with({ lr: 0.015, weightDecay: DECAY });
    const fitted = placeAfter({ on: fit, by, from: new Float64Array(CURVATURES.length) }, STEPS);
    return { conditions, threshold: largestStable(), fitted: Array.from(fitted) };
  },
  conclude([{ conditions, threshold, fitted }]) {
    const law = (w: number) => (KAPPA + w) / (1 + w);
    const many = Array.from({ length: 41 }, (_, i) => i / 4);
    return {
      evidence: [
        ...DECAYS.map((w, i) =>
          weigh({
            name: `κ of a step of gradient descent, κ = ${KAPPA} without decay, w = ${w}λₙ`,
            measured: conditions[i],
            law: equals(law(w)),
            rival: equals(KAPPA),
            allowed: 1e-10,
          }),
        ).toReversed(),
        weigh({
          name: `largest step size that does not diverge, times λ₁, w = ${DECAY}λₙ`,
          measured: threshold * KAPPA,
          law: equals((2 * KAPPA) / (KAPPA + DECAY)),
          rival: equals(2),
          allowed: 1e-10,
        }),
        ...CURVATURES.map((curvature, i) =>
          weigh({
            name: `where ½λ(x − 1)² ends with decay ${DECAY}, λ = ${curvature}`,
            measured: fitted[i],
            law: equals(curvature / (curvature + DECAY)),
            rival: equals(curvature / (curvature + DECAY)),
            allowed: 1e-10,
          }),
        ),
      ],
      picture: {
        title: "What weight decay makes of a condition",
        description: `κ of a quadratic of condition ${KAPPA} against the decay, in units of the smallest curvature.`,
        x: { title: "w/λₙ" },
        y: { title: "κ" },
        law: [{ name: "", x: many, y: many.map(law) }],
        rival: [{ name: "as before", x: [0, 10], y: [KAPPA, KAPPA] }],
        measured: [{ name: "", x: DECAYS, y: conditions }],
      },
    };
  },
  network: {
    measures: "how much L2 in the loss adds to the curvature along random directions and along the gradient",
    measure: ({ problem }, desk) => addedCurvature(problem, desk),
  },
});

/** Directions on a network, beside that of the gradient. */
const DIRECTIONS = 4;
/** w on a network, relative to the curvature along the gradient; and rounding that is allowed, relative to the curvature itself. */
const [SHARE, ROUNDING] = [0.5, { float32: 1e-4, float64: 1e-9 }];

/** vᵀHv with more L2 in the loss less vᵀHv without, over w; the two are different networks to whoever opens them. */
async function addedCurvature(problem: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const { model, dataset, runtime, options, point } = problem;
  const gradient = await point.gradient(context);
  const directions = [gradient, ...Array.from({ length: DIRECTIONS }, () => random.normalVector(point.dimension))];
  for (const each of directions) normalize(each);
  const before = await point.product(hessianProduct, directions, context);
  const curvatures = directions.map((v, i) => dot(v, before[i]));
  const largest = maxOf(curvatures.map(Math.abs));
  const w = SHARE * (largest > 0 ? largest : 1);
  await using decayed = Problem.open(model, dataset, runtime, { ...options, l2: options.l2 + w });
  await using there = decayed.at(point.parameters);
  const after = await there.product(hessianProduct, directions, context);
  const added = directions.map((v, i) => (dot(v, after[i]) - curvatures[i]) / w);
  return {
    evidence: added.map((measured, i) =>
      weigh({
        name: `curvature that w adds along ${i === 0 ? "the gradient" : `random direction ${i}`}, over w`,
        measured,
        law: equals(1),
        rival: equals(0),
        allowed: ROUNDING[options.precision],
      }),
    ),
    picture: null,
  };
}

/** The step size between those at which gradient descent with decay still falls and already grows, by bisection. */
function largestStable(): number {
  const grows = (lr: number) => {
    let [before, after] = [0, 0];
    stepsUntil(
      { on, by: gradientDescent.with({ lr, weightDecay: DECAY }), from: Float64Array.of(0, 1) },
      (at, step) => {
        before = after;
        after = norm2(at);
        return step === STEPS || after > 1e100;
      },
    );
    return after > before;
  };
  let [low, high] = [0, 4 / KAPPA];
  for (let i = 0; i < 45; i++) {
    const middle = (low + high) / 2;
    if (grows(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
