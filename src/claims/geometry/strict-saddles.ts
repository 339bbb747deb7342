import { z } from "zod";
import { curvaturesAt, kindOf, signsOf } from "../../dynamics/critical/classify.ts";
import { norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { inBall } from "../../optimizers/perturbed-gradient-descent.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { groundOf, type RandomFunction } from "../random-matrices/critical-point.ts";
import { placeAfter, stepsUntil } from "../walks.ts";
import { leavingSaddle } from "./saddle-of-network.ts";

const LR = 0.1;
/** Steps after which a walk has settled: 1.1^400 is 4e16. */
const STEPS = 400;
/** An end as near as this to 0 is there: the other critical points are 1 away. */
const NEAR = 0.5;
/** Of the walk that is drawn: where it begins on the way down, and its steps. */
const DRAWN = { start: 1e-6, steps: 170 };

/** Σ aᵢxᵢ²/2 + bᵢxᵢ⁴/4. */
function separate(a: readonly number[], b: readonly number[]): RandomFunction {
  const n = a.length;
  const curvature = (x: Float64Array, i: number) => a[i] + 3 * b[i] * x[i] ** 2;
  return {
    dimension: n,
    value: (x) => x.reduce((sum, each, i) => sum + (a[i] / 2) * each ** 2 + (b[i] / 4) * each ** 4, 0),
    gradient: (x, into) => x.forEach((each, i) => (into[i] = a[i] * each + b[i] * each ** 3)),
    hessianVector: (x, v, into) => v.forEach((each, i) => (into[i] = curvature(x, i) * each)),
    hessian(x) {
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++) matrix[i * n + i] = curvature(x, i);
      return matrix;
    },
  };
}

/** Both have their critical point at 0; the first has others at (0, 0, ±1). */
const SUBJECTS = [
  { name: "diag(1, 0, −1)", on: separate([1, 0, -1], [0, 1, 1]), strict: 1, nonzero: 0 },
  { name: "diag(1, 2, 3)", on: separate([1, 2, 3], [0, 0, 0]), strict: 0, nonzero: 1 },
];

export const strictSaddles = defineClaim({
  id: "A8",
  topic: "geometry",
  statement: "A critical point is a strict saddle if all eigenvalues of its Hessian are nonzero.",
  says: "rival",
  law: "strict ⇔ λmin(H) < 0, whatever the other eigenvalues are; gradient descent with η < 1/β from a random start ends at no such point, with probability 1",
  rival:
    "strict ⇔ no eigenvalue is 0, which is what non-degenerate means: gradient descent would be driven away from diag(1, 2, 3), and not from diag(1, 0, −1)",
  source: "Ge, Huang, Jin & Yuan 2015; Lee, Simchowitz, Jordan & Recht 2016",
  why: "A strict saddle sounds like a non-degenerate critical point, and of the saddles without an eigenvalue 0 every one is strict.",
  means:
    "One direction of negative curvature is enough for gradient descent to leave. Flat directions beside it, which continuous symmetries of a network bring, do not matter.",
  breaks:
    "To leave may take long (claims C1, C3), and where λmin = 0 the curvature does not tell (claim E2): at 0, ½x² + ⅓y³ attracts from one side.",
  reading: ["Lee, Simchowitz, Jordan & Recht, COLT (2016)", "Ge, Huang, Jin & Yuan, COLT (2015)"],
  parameters: z.object({ walks: scaled(1000, 100, "walks to each of the points") }),
  found: z.object({
    strict: z.array(z.number()).describe("1 where a critical point counts as a strict saddle, else 0."),
    ended: z.array(z.number()).describe("Share of walks that end there."),
    way: z.array(z.number()),
  }),
  async measure({ walks }, _part, { random, context }) {
    const by = gradientDescent.with({ lr: LR });
    const strict = [];
    const ended = [];
    for (const { name, on } of SUBJECTS) {
      const own = random.split(name);
      const zero = new Float64Array(on.dimension);
      const setting = { reach: 1, lossAtStart: on.value(zero) };
      const curvatures = await curvaturesAt(groundOf(on), zero, setting, own.split("grain"), context);
      strict.push(kindOf(signsOf(curvatures, 0)) === "saddle" ? 1 : 0);
      let there = 0;
      for (let i = 0; i < walks; i++) {
        const from = inBall(on.dimension, 1, own);
        if (norm2(placeAfter({ on, by, from }, STEPS)) < NEAR) there++;
      }
      ended.push(there / walks);
    }
    const way: number[] = [];
    stepsUntil({ on: SUBJECTS[0].on, by, from: Float64Array.of(0.5, 0.5, DRAWN.start) }, (at, step) => {
      way.push(Math.abs(at[2]));
      return step === DRAWN.steps;
    });
    return { strict, ended, way };
  },
  conclude([{ strict, ended, way }], { walks }) {
    const times = way.map((_, i) => i + 1);
    const grows = times.map((t) => DRAWN.start * (1 + LR) ** t);
    const before = grows.filter((y) => y <= 1).length;
    return {
      evidence: [
        ...SUBJECTS.map((subject, i) =>
          weigh({
            name: `whether a critical point with H = ${subject.name} is found to be a strict saddle, 1 or 0`,
            measured: strict[i],
            law: equals(subject.strict),
            rival: equals(subject.nonzero),
          }),
        ),
        ...SUBJECTS.map((subject, i) =>
          weigh({
            name: `share of ${walks} random walks of gradient descent that end at a critical point with H = ${subject.name}`,
            measured: ended[i],
            // Of a share of which no exception was seen, one exception is the resolution.
            standardError: 1 / walks,
            law: equals(1 - subject.strict),
            rival: equals(1 - subject.nonzero),
          }),
        ),
      ],
      picture: {
        title: "Leaving a saddle that is degenerate",
        description: `Distance along the negative curvature of ½x² + ¼y⁴ − ½z² + ¼z⁴, whose Hessian at 0 is diag(1, 0, −1), against steps of η = ${LR}; the line is (1 + η)ᵗ up to where the walk is to settle, 1.`,
        x: { title: "steps" },
        y: { title: "|z|", scale: "log" },
        law: [{ name: "", x: times.slice(0, before), y: grows.slice(0, before) }],
        rival: [{ name: "held", x: times, y: times.map(() => DRAWN.start) }],
        measured: [{ name: "", x: times.filter((t) => t % 5 === 0), y: way.filter((_, i) => i % 5 === 4) }],
      },
    };
  },
  network: {
    measures:
      "whether gradient descent leaves a saddle that is found near it, with curvatures that are 0 where there are",
    measure: ({ problem }, desk) => leavingSaddle(problem, desk),
  },
});
