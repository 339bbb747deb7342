import { z } from "zod";
import { ascendOn, ball, box, type Ground } from "../../instruments/flatness/ascent.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { ascentOnNetwork } from "./ascent-on-network.ts";
import { maxOf } from "../../util/extremes.ts";

const N = 8;
const EPSILON = 1e-3;
/** The loss at the minimum. */
const LOSS = 0.5;
const ITERATIONS = 10;
/** Directions that the ascent in a box is started from: it has a local maximum in many a corner. */
const STARTS = 20;
const ROUNDING = 1e-10;

const bowl = quadratic.with({ kappa: 100, n: N, angle: 0.5 });
const ground: Ground = {
  dimension: N,
  outOfTime: false,
  at: (step) => {
    const slope = new Float64Array(N);
    bowl.gradient(step, slope);
    return Promise.resolve({ rise: bowl.value(step), slope });
  },
};
const sharpness = (rise: number) => (100 * rise) / (1 + LOSS);

export const worstNeighbour = defineClaim({
  id: "F2",
  topic: "flatness",
  statement: "Sharpness is the highest loss in a small neighbourhood, and ten steps of ascent find it.",
  says: "law",
  law: "φ = 100 max (f(x + z) − f)/(1 + f), at a minimum 50ε²λ₁/(1 + f) in a ball ‖z‖ ≤ ε; Keskar's box is |zᵢ| ≤ ε(|xᵢ| + 1), and its φ that of the worst corner, found by the best of 20 ascents",
  rival:
    "it is what a random direction of that length sees, 50ε²(tr H/n)/(1 + f), and that of a box is that of a ball of radius ε",
  source: "Keskar, Mudigere, Nocedal, Smelyanskiy & Tang 2017; max zᵀHz = ε²λ₁ in a ball",
  why: "A loss may be low at a point and high all around it: the worst neighbour says so without a Hessian.",
  means:
    "In a ball it is λ₁ by other means. In a box it grows with the number of weights and their size: numbers of two networks compare only where both are alike, and one ascent alone is not enough: the numbers here are of the best of 20.",
  breaks:
    "Away from a minimum the gradient is most of it, ε‖g‖ against ½ε²λ₁. In a box ascent ends in a corner that need not be the worst: start it more than once. In a ball a start across the sharpest direction misses it. Like every sharpness it changes with the units of the weights (claim F4).",
  reading: [
    "Keskar, Mudigere, Nocedal, Smelyanskiy & Tang, ICLR (2017)",
    "Foret, Kleiner, Mobahi & Neyshabur, ICLR (2021)",
  ],
  parameters: z.object({ draws: scaled(1000, 40, "random starts in the ball, and minima x with a box around each") }),
  found: z.object({
    /** Found in the ball after so many iterations, from every start. */
    paths: z.array(z.array(z.number())),
    boxes: z.array(z.object({ found: z.number(), exact: z.number() })),
  }),
  async measure({ draws }, _part, { random }) {
    const paths: number[][] = [];
    const boxes: { found: number; exact: number }[] = [];
    for (let i = 0; i < draws; i++) {
      const start = random.normalVector(N);
      const path: number[] = [];
      for (let k = 1; k <= ITERATIONS; k++)
        path.push(sharpness((await ascendOn(ground, ball(EPSILON), [start], k)).rise));
      paths.push(path);
      const bounds = random.normalVector(N).map((x) => EPSILON * (Math.abs(x) + 1));
      const starts = Array.from({ length: STARTS }, () => random.normalVector(N));
      const { rise } = await ascendOn(ground, box(bounds), starts, ITERATIONS);
      boxes.push({ found: sharpness(rise), exact: sharpness(worstCorner(bounds)) });
    }
    return { paths, boxes };
  },
  conclude([{ paths, boxes }], { draws }) {
    const matrix = hessianAt(bowl, new Float64Array(N));
    const { values } = symmetricEigen(matrix, N, false);
    const exact = (50 * EPSILON ** 2 * values[N - 1]) / (1 + LOSS);
    const trace = values.reduce((sum, value) => sum + value, 0);
    const seen = trace / (N * values[N - 1]);
    const shares = boxes.map((each) => each.found / each.exact);
    const corner = sampleMean(Float64Array.from(shares));
    const asBall = maxOf(boxes.map((each) => exact / each.exact));
    const after = (k: number) => sampleMean(Float64Array.from(paths, (path) => path[k - 1] / exact));
    const end = after(ITERATIONS);
    const iterations = Array.from({ length: ITERATIONS }, (_, k) => k + 1);
    const means = iterations.map(after);
    return {
      evidence: [
        weigh({
          name: `φ in a ball after ${ITERATIONS} iterations over 50ε²λ₁/(1 + f), mean over ${draws} random starts`,
          measured: end.value,
          standardError: end.standardError,
          law: equals(1),
          rival: equals(seen),
          allowed: 0.01,
        }),
        weigh({
          name: `the same, the most of ${draws} starts`,
          measured: maxOf(paths.map((path) => path[ITERATIONS - 1] / exact)),
          law: atMost(1),
          rival: atMost(1),
          allowed: ROUNDING,
        }),
        weigh({
          name: `φ in Keskar's box, from ${STARTS} directions, over that of its worst corner, mean over ${draws} minima`,
          measured: corner.value,
          standardError: corner.standardError,
          law: equals(1),
          rival: equals(asBall),
          allowed: 0.01,
        }),
        weigh({
          name: `the same, the most of ${draws} minima`,
          measured: maxOf(shares),
          law: atMost(1),
          rival: atMost(1),
          allowed: ROUNDING,
        }),
      ],
      picture: {
        title: "How much of the sharpness so many steps find",
        description: `φ in a ball over 50ε²λ₁/(1 + f) after so many iterations of ascent, mean over ${draws} random starts.`,
        x: { title: "iterations" },
        y: { title: "share" },
        law: [{ name: "all of it", x: [1, ITERATIONS], y: [1, 1] }],
        rival: [{ name: "a random direction", x: [1, ITERATIONS], y: [seen, seen] }],
        measured: [
          {
            name: "",
            x: iterations,
            y: means.map(({ value }) => value),
            error: means.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
  network: {
    measures: "the highest loss in a small ball beside what gradient and curvature, and random directions, say of it",
    measure: ({ problem }, desk) => ascentOnNetwork(problem, desk),
  },
});

/** The largest value of the bowl on a box: a convex function is largest in a corner. */
function worstCorner(bounds: Float64Array): number {
  let most = 0;
  for (let corner = 0; corner < 2 ** N; corner++)
    most = Math.max(most, bowl.value(bounds.map((b, i) => (corner & (1 << i) ? b : -b))));
  return most;
}
