import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { distance, norm2, plusMultiple } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { LaterObjective, Objective } from "../../optimizers/objective.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { rosenbrock } from "../../toys/rosenbrock.ts";
import { maxOf, minOf } from "../../util/extremes.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, equals, weigh } from "../claim/evidence.ts";
import { hessianAt } from "../hessian-at.ts";
import { placeAfter } from "../walks.ts";
import { inFloat64 } from "./in-float64.ts";
import { largestCurvature } from "./largest-curvature.ts";
import { laterOf } from "./later-of.ts";
import { oneStep } from "./one-step.ts";

/** Places of a step at which the largest curvature is looked for, its ends among them. */
const PLACES = 17;
const ROUNDING = 1e-9;
/** The loss below which rounding would be in its decrease. */
const LEAST = 1e-4;
/** ηβ of the steps along the sharpest direction of a quadratic. */
const PRODUCTS = [1, 0.5, 1.5];
const KAPPA = 100;

/** What a step of 1/β did. */
interface Descent {
  readonly to: Float64Array;
  /** The loss before less that behind, over ‖∇L‖²/2β. */
  readonly ratio: number;
  /** What rounding of the loss leaves of it unknown. */
  readonly rounding: number;
}

/**
 * A step of gradient descent with η = 1/β, β the largest curvature on the way: on that of a step with the curvature at its start,
 * which is as long or longer.
 */
async function stepOf(
  loss: LaterObjective,
  from: Float64Array,
  curvatureAt: (x: Float64Array) => Promise<number>,
  places: number,
): Promise<Descent> {
  const gradient = await loss.gradient(from);
  const along = (t: number) => plusMultiple(from, -t, gradient);
  let beta = await curvatureAt(from);
  const longest = 1 / beta;
  for (let k = 1; k < places; k++) beta = Math.max(beta, await curvatureAt(along((longest * k) / (places - 1))));
  const to = await oneStep(loss, gradientDescent.with({ lr: 1 / beta }), from);
  const [before, after] = [await loss.value(from), await loss.value(to)];
  const promised = norm2(gradient) ** 2 / (2 * beta);
  return { to, ratio: (before - after) / promised, rounding: (64 * Number.EPSILON * Math.abs(before)) / promised };
}

export const descentLemma = defineClaim({
  id: "A5",
  topic: "geometry",
  statement: "A step of 1/β, β the largest curvature, lowers the loss by at least ‖∇L‖²/2β.",
  says: "law",
  law: "L(θ − ηg) ≤ L − η(1 − ηβ/2)‖g‖², β the largest curvature on the step; equal along the sharpest direction of a quadratic",
  rival: "a step lowers the loss by what its slope promises, η‖g‖²",
  condition: "a gradient that does not jump on the step, as it does at kinks",
  source: "Nesterov 2004, chapter 1, from the integral of the curvature along the step",
  why: "The slope promises η‖g‖², and the curvature takes no more than ½η²β‖g‖² of it.",
  means:
    "At 1/β half of what the slope promises is safe, and up to 2/β something is: a loss that rises on the full batch tells that the step is longer than 2/β.",
  breaks:
    "With β of the start alone, which may grow on the way; with noise in the gradient (claims G); at kinks, where no β bounds how the gradient jumps.",
  reading: ["Nesterov, Introductory Lectures on Convex Optimization (2004)"],
  parameters: z.object({ steps: scaled(3000, 300, "steps on Rosenbrock's function") }),
  found: z.object({
    sharpest: z.array(z.number()).describe("Decrease over η(1 − ηβ/2)‖g‖² along the sharpest direction."),
    ratios: z.array(z.number()).describe("Decrease over ‖g‖²/2β, step after step."),
  }),
  async measure({ steps }, _part, { random }) {
    const bowl = quadratic.with({ kappa: KAPPA, n: 2, angle: 0.3 });
    const sharpest = symmetricEigen(hessianAt(bowl, new Float64Array(2)), 2, true).vectors[1];
    const decreases = PRODUCTS.map((product) => {
      const lr = product / KAPPA;
      const to = placeAfter({ on: bowl, by: gradientDescent.with({ lr }), from: sharpest }, 1);
      const gradient = new Float64Array(2);
      bowl.gradient(sharpest, gradient);
      return (bowl.value(sharpest) - bowl.value(to)) / (lr * (1 - product / 2) * norm2(gradient) ** 2);
    });
    const on = rosenbrock.with({});
    const loss = laterOf(on);
    const curvatureAt = (x: Float64Array) => Promise.resolve(largestOf(on, x));
    const ratios = [];
    let at = on.start(random);
    while (ratios.length < steps && on.value(at) > LEAST) {
      const { to, ratio } = await stepOf(loss, at, curvatureAt, PLACES);
      if (distance(to, at) === 0) break;
      ratios.push(ratio);
      at = to;
    }
    return { sharpest: decreases, ratios };
  },
  conclude([{ sharpest, ratios }]) {
    const drawn = ratios.flatMap((ratio, i) =>
      Number.isInteger(Math.log2(i + 1)) || (i + 1) % 50 === 0 ? [{ step: i + 1, ratio }] : [],
    );
    return {
      evidence: [
        ...PRODUCTS.map((product, i) =>
          weigh({
            name: `decrease over η(1 − ηβ/2)‖∇L‖² along the sharpest direction of a quadratic, ηβ = ${product}`,
            measured: sharpest[i],
            law: equals(1),
            rival: equals(1 / (1 - product / 2)),
            allowed: ROUNDING,
          }),
        ),
        weigh({
          name: `smallest decrease over ‖∇L‖²/2β in ${ratios.length} steps on Rosenbrock's function, η = 1/β`,
          measured: minOf(ratios),
          law: atLeast(1),
          rival: atLeast(2),
          allowed: ROUNDING,
        }),
      ],
      picture: {
        title: "What steps of 1/β lower the loss by",
        description: "Decrease over ‖∇L‖²/2β against steps on Rosenbrock's function: the law is a bound from below.",
        x: { title: "steps", scale: "log" },
        y: { title: "decrease over ‖∇L‖²/2β" },
        law: [{ name: "at least", x: [1, ratios.length], y: [1, 1] }],
        rival: [{ name: "the promise of the slope", x: [1, ratios.length], y: [2, 2] }],
        measured: [{ name: "", x: drawn.map(({ step }) => step), y: drawn.map(({ ratio }) => ratio) }],
      },
    };
  },
  network: {
    measures: "the decrease of the loss in some steps of 1/β over ‖∇L‖²/2β, β the largest λmax on the step",
    measure: ({ problem }, desk) =>
      inFloat64(problem, desk, async ({ problem: wide, point, loss, where }) => {
        const curvatureAt = async (x: Float64Array) => {
          await using there = wide.at(x);
          const { value, residual } = await largestCurvature(there, desk);
          return value + residual;
        };
        const descents: Descent[] = [];
        for (let k = 0; k < STEPS_ON_NETWORK; k++)
          descents.push(await stepOf(loss, descents.at(-1)?.to ?? point.parameters, curvatureAt, PLACES_ON_NETWORK));
        return {
          evidence: [
            weigh({
              name: `smallest decrease over ‖∇L‖²/2β in ${STEPS_ON_NETWORK} steps of 1/β, β the largest λmax at ${PLACES_ON_NETWORK} places of a step${where}`,
              measured: minOf(descents.map(({ ratio }) => ratio)),
              law: atLeast(1),
              rival: atLeast(2),
              allowed: Math.max(ROUNDING, maxOf(descents.map(({ rounding }) => rounding))),
            }),
          ],
          picture: null,
        };
      }),
  },
});

const [STEPS_ON_NETWORK, PLACES_ON_NETWORK] = [3, 3];

function largestOf(on: Objective, x: Float64Array): number {
  return symmetricEigen(hessianAt(on, x), on.dimension, false).values[on.dimension - 1];
}
