import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { dot, norm2, normalize, plusMultiple } from "../../linalg/vector.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { chain } from "../../toys/chain.ts";
import { rosenbrock } from "../../toys/rosenbrock.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { hessianAt } from "../hessian-at.ts";
import { inFloat64 } from "./in-float64.ts";
import { slopeAlong, weighSlope } from "./slope-along.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

const DIMENSION = 10;
/** The step of differences of the gradient. */
const STEP = 1e-5;
/** Of a symmetric matrix in float64; of differences. */
const [ROUNDING, BY_DIFFERENCES] = [1e-10, 1e-6];
/** ‖A − Aᵀ‖/‖A‖ of a matrix whose entries do not know of each other. */
const UNRELATED = Math.sqrt(2 - 2 / DIMENSION);

const SUBJECTS = [
  { name: "Rosenbrock's function", on: rosenbrock.with({ n: DIMENSION }) },
  { name: "½(w₁⋯w₁₀ − 1)²", on: chain.with({ n: DIMENSION, spread: 1 }) },
];

/** xy(x² − y²)/(x² + y²), which has second derivatives at 0 that are not continuous there: its gradient. */
function peanoGradient(x: number, y: number): readonly [number, number] {
  const r2 = x * x + y * y;
  if (r2 === 0) return [0, 0];
  const [x2, y2] = [x * x, y * y];
  return [(y * (x2 * x2 + 4 * x2 * y2 - y2 * y2)) / (r2 * r2), (x * (x2 * x2 - 4 * x2 * y2 - y2 * y2)) / (r2 * r2)];
}

export const symmetricHessian = defineClaim({
  id: "A3",
  topic: "geometry",
  statement: "The Hessian is symmetric and its eigenvalues are real.",
  says: "law",
  law: "∂ᵢ∂ⱼL = ∂ⱼ∂ᵢL wherever the second derivatives are continuous: ‖H − Hᵀ‖ = 0, and H has n orthonormal eigenvectors with real λ",
  rival: "the order of derivatives matters, so that H is as any matrix: ‖H − Hᵀ‖/‖H‖ = √(2 − 2/n)",
  source: "Schwarz 1873; the counterexample xy(x² − y²)/(x² + y²), worked out here",
  why: "Both orders are limits of the same second difference.",
  means:
    "Lanczos, symmetric eigenproblems and xᵀHx as the curvature along x may be used; a product with H that is not symmetric has an error in it.",
  breaks:
    "At kinks, as of ReLU, there is no Hessian, but they are a set of measure 0; at 0 of Peano's xy(x² − y²)/(x² + y²) the order matters.",
  reading: ["Rudin, Principles of Mathematical Analysis (1976), chapter 9"],
  parameters: z.object({}),
  found: z.object({
    asymmetry: z.array(z.number()),
    residual: z.array(z.number()),
    off: z.array(z.number()),
    peano: z.number(),
    pairs: z.array(z.array(z.number())).describe("Hᵢⱼ and Hⱼᵢ."),
  }),
  measure(_options, _part, { random }) {
    const each = SUBJECTS.map(({ name, on }) => hessianOf(on, on.start(random.split(name)), random.split(name)));
    const of = (x: number, y: number, k: 0 | 1) => peanoGradient(x, y)[k] / STEP;
    const [xy, yx] = [of(0, STEP, 0), of(STEP, 0, 1)];
    return {
      asymmetry: each.map(({ asymmetry }) => asymmetry),
      residual: each.map(({ residual }) => residual),
      off: each.map(({ off }) => off),
      peano: (Math.SQRT2 * Math.abs(xy - yx)) / Math.hypot(xy, yx),
      pairs: each[1].pairs,
    };
  },
  conclude: ([{ asymmetry, residual, off, peano, pairs }]) => ({
    evidence: [
      ...SUBJECTS.flatMap(({ name }, i) => [
        weigh({
          name: `‖H − Hᵀ‖/‖H‖ of ${name}, column by column`,
          measured: asymmetry[i],
          law: equals(0),
          rival: equals(UNRELATED),
          allowed: ROUNDING,
        }),
        weigh({
          name: `largest ‖Hv − λv‖/‖H‖ of ${DIMENSION} orthonormal v, ${name}`,
          measured: residual[i],
          law: equals(0),
          allowed: ROUNDING,
        }),
        weigh({
          name: `‖Hv − (g(θ + εv) − g(θ − εv))/2ε‖/‖Hv‖ at ε = ${STEP}, ${name}`,
          measured: off[i],
          law: equals(0),
          allowed: BY_DIFFERENCES,
        }),
      ]),
      weigh({
        name: "‖H − Hᵀ‖/‖H‖ of Peano's function at 0, where second derivatives jump",
        measured: peano,
        law: equals(2),
        allowed: ROUNDING,
      }),
    ],
    picture: {
      title: "The two orders of second derivatives",
      description: `Entries of the Hessian of ½(w₁⋯w₁₀ − 1)² below the diagonal against those above it.`,
      x: { title: "Hᵢⱼ" },
      y: { title: "Hⱼᵢ" },
      law: [
        {
          name: "",
          x: [minOf(pairs[0]), maxOf(pairs[0])],
          y: [minOf(pairs[0]), maxOf(pairs[0])],
        },
      ],
      rival: [],
      measured: [{ name: "", x: pairs[0], y: pairs[1] }],
    },
  }),
  network: {
    measures: "uᵀHv beside vᵀHu for random u and v, and Hv beside differences of the gradient",
    measure: ({ problem }, { random, context }) =>
      inFloat64(problem, { random, context }, async ({ problem: wide, point, loss, where }) => {
        const block = Array.from({ length: PROBES }, () => random.normalVector(point.dimension));
        for (const v of block) normalize(v);
        const images = await point.product(hessianProduct, block, context);
        let [apart, size] = [0, 0];
        for (let i = 0; i < PROBES; i++)
          for (let j = 0; j < PROBES; j++) {
            if (i === j) continue;
            apart += (dot(block[i], images[j]) - dot(block[j], images[i])) ** 2;
            size += dot(block[i], images[j]) ** 2;
          }
        const length = norm2(images[0]);
        if (length === 0) throw withoutCurvature();
        const slope = await slopeAlong((x) => loss.gradient(x), {
          at: point.parameters,
          along: block[0],
          size: point.dimension,
        });
        const error = { uncertainty: slope.uncertainty / length, bend: slope.bend / length };
        return {
          evidence: [
            weigh({
              name: `‖B − Bᵀ‖/‖B‖ of B = uᵢᵀHuⱼ, i ≠ j, for ${PROBES} random unit vectors`,
              measured: Math.sqrt(apart / size),
              law: equals(0),
              rival: equals(Math.SQRT2),
              allowed: ON_NETWORK[wide.options.precision],
            }),
            weighSlope(error, {
              name: `‖Hv − D_v∇L‖/‖Hv‖, D_v by differences${where}`,
              measured: norm2(slope.value.map((x, i) => x - images[0][i])) / length,
              law: equals(0),
              allowed: BY_DIFFERENCES,
            }),
          ],
          picture: null,
        };
      }),
  },
});

/** Random directions on a network, and the rounding of its products. */
const PROBES = 8;
const ON_NETWORK = { float64: 1e-10, float32: 1e-3 };

/** Of the Hessian of a function at a place: what it lacks of symmetry, of eigenvectors, and of the slope of the gradient. */
function hessianOf(on: Objective, at: Float64Array, random: { normalVector(n: number): Float64Array }) {
  const n = on.dimension;
  const matrix = hessianAt(on, at);
  const length = norm2(matrix);
  const pairs: [number[], number[]] = [[], []];
  let apart = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      apart += (matrix[i * n + j] - matrix[j * n + i]) ** 2;
      if (i >= j) continue;
      pairs[0].push(matrix[i * n + j]);
      pairs[1].push(matrix[j * n + i]);
    }
  const times = (v: Float64Array) => {
    const image = new Float64Array(n);
    on.hessianVector(at, v, image);
    return image;
  };
  const { values, vectors } = symmetricEigen(matrix, n, true);
  const residual = maxOf(vectors.map((v, k) => norm2(times(v).map((x, i) => x - values[k] * v[i])))) / length;
  const v = random.normalVector(n);
  normalize(v);
  const slopeAt = (h: number) => {
    const gradient = new Float64Array(n);
    on.gradient(plusMultiple(at, h, v), gradient);
    return gradient;
  };
  const [ahead, behind] = [slopeAt(STEP), slopeAt(-STEP)];
  const image = times(v);
  const off = norm2(image.map((x, i) => x - (ahead[i] - behind[i]) / (2 * STEP))) / norm2(image);
  return { asymmetry: Math.sqrt(apart) / length, residual, off, pairs };
}

function withoutCurvature(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-curvature",
    message: "The Hessian at these weights is 0, and tells nothing of symmetry.",
    hint: "The claim is about losses that curve.",
  });
}
