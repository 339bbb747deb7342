import { z } from "zod";
import { dot, norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RunContext } from "../../util/run-context.ts";
import { sizeOf } from "../../util/tensor.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, atMost, equals, weigh } from "../claim/evidence.ts";
import { descentOnNetwork } from "../descent-on-network.ts";
import { placeAfter } from "../walks.ts";
import { onBlobs } from "./blob-network.ts";
import { largestSize, networkCurvatures } from "./network-curvatures.ts";
import { maxOf } from "../../util/extremes.ts";

/** Curvatures of the quadratic, the directions on top, steps, and step sizes times the largest curvature. */
const [KAPPA, DIMENSION, TOP, STEPS] = [100, 10, 3, 100];
const SIZES = [0.2, 0.5, 1.5, 1.9, 1.99];
/** Three classes that overlap, on small networks, and the step size times the largest curvature at the start. */
const BLOBS = { classes: 3, apart: 1.5, steps: 150 };
const SMALL = 0.3;
/** Of the squared gradient, what is meant by living there, and by having left. */
const [MOST, LITTLE] = [0.75, 0.25];
/** Steps on a network that was given. */
const FEW = 60;

export const gradientOnTop = defineClaim({
  id: "B14",
  topic: "random-matrices",
  statement: "The gradient lives in the top subspace of the Hessian, of as many directions as there are classes.",
  says: "rival",
  law: "gradient descent: gᵢ(t) = λᵢ(1 − ηλᵢ)ᵗ zᵢ: what is on top goes first, and the gradient leaves it, a quarter of ‖g‖² or less in networks, unless η is about 2/λ₁, where |1 − ηλ₁| ≈ 1",
  rival: "three quarters of ‖g‖² and more, whatever the step size",
  condition: "steps of nearly 2/λ₁",
  source: "derived; Gur-Ari, Roberts & Dyer 2018 for the statement",
  why: "Full-batch training with large steps goes to the edge of stability, λ₁ = 2/η, and there it is so.",
  means:
    "The top subspace is where a training bounces, and not where it descends: whoever takes it out of the steps loses little.",
  breaks:
    "At the start and far from a minimum the loss is no quadratic, and the share is anything. Mini-batches are not measured here. Steps that are too large bring λ₁ of a network below 2/η, and the gradient leaves the top again.",
  reading: ["Gur-Ari, Roberts & Dyer, arXiv:1812.04754 (2018)", "Song, Ahn & Yun, arXiv:2405.16002 (2024)"],
  parameters: z.object({ networks: scaled(8, 2, "networks") }),
  parts: ({ networks }) => 1 + networks,
  found: z.array(z.number()),
  async measure(_options, part, desk) {
    if (part === 0) return SIZES.map(shareOnQuadratic);
    return onBlobs({ ...BLOBS, lr: SMALL, relative: true, seed: part }, desk, async (problem, end) => [
      await shareOnTop(problem, end, BLOBS.classes, desk.context),
    ]);
  },
  conclude([onQuadratic, ...onNetworks]) {
    const sizes = Array.from({ length: 100 }, (_, i) => (i + 1) / 50.5);
    return {
      evidence: [
        ...SIZES.map((size, i) =>
          weigh({
            name: `share of ‖g‖² in the ${TOP} directions on top of ${DIMENSION} after ${STEPS} steps on a quadratic, ηλ₁ = ${size}`,
            measured: onQuadratic[i],
            law: equals(lawful(size)),
            rival: atLeast(MOST),
            allowed: 1e-9,
          }),
        ),
        weigh({
          name: `share in the ${BLOBS.classes} directions on top after ${BLOBS.steps} steps, ηλ₁ = ${SMALL} at the start, the largest of ${onNetworks.length} networks on ${BLOBS.classes} classes`,
          measured: maxOf(onNetworks.flat()),
          law: atMost(LITTLE),
          rival: atLeast(MOST),
        }),
      ],
      picture: {
        title: `Where the gradient is after ${STEPS} steps of gradient descent`,
        description: `Share of the squared gradient in the ${TOP} directions of largest curvature of ${DIMENSION}, against the step size.`,
        x: { title: "ηλ₁" },
        y: { title: "share of ‖g‖²" },
        law: [{ name: "", x: sizes, y: sizes.map(lawful) }],
        rival: [{ name: "three quarters", x: [0, 2], y: [MOST, MOST] }],
        measured: [{ name: "", x: SIZES, y: onQuadratic }],
      },
    };
  },
  network: {
    measures: "which share of its gradient is on top after descent by small steps",
    async measure({ problem }, desk) {
      const precise = problem.inFloat64 ?? problem;
      const lr = SMALL / (await largestSize(precise, desk.context));
      const { end } = await descentOnNetwork(precise, { lr, steps: FEW }, desk);
      const classes = sizeOf(precise.outputShape);
      return {
        evidence: [
          weigh({
            name: `share of ‖g‖² in the ${classes} directions on top after ${FEW} steps, ηλ₁ = ${SMALL} at the start`,
            measured: await shareOnTop(precise, end, classes, desk.context),
            law: atMost(LITTLE),
            rival: atLeast(MOST),
          }),
        ],
        picture: null,
      };
    },
  },
});

/** ‖P g‖²/‖g‖², P onto the eigenvectors of the largest eigenvalues of the Hessian. */
async function shareOnTop(problem: Problem, theta: Float64Array, top: number, context: RunContext): Promise<number> {
  const { vectors } = await networkCurvatures(problem, theta, context);
  await using there = problem.at(theta);
  const gradient = await there.gradient(context);
  const squares = vectors.slice(-top).map((vector) => dot(vector, gradient) ** 2);
  return squares.reduce((sum, each) => sum + each, 0) / norm2(gradient) ** 2;
}

/** The same on the quadratic, from where all coordinates are 1, by a walk. */
function shareOnQuadratic(size: number): number {
  const on = quadratic.with({ kappa: KAPPA, n: DIMENSION });
  const end = placeAfter(
    { on, by: gradientDescent.with({ lr: size / KAPPA }), from: new Float64Array(DIMENSION).fill(1) },
    STEPS,
  );
  const gradient = new Float64Array(DIMENSION);
  on.gradient(end, gradient);
  return norm2(gradient.subarray(DIMENSION - TOP)) ** 2 / norm2(gradient) ** 2;
}

function lawful(size: number): number {
  const squares = Array.from({ length: DIMENSION }, (_, i) => {
    const curvature = KAPPA ** (i / (DIMENSION - 1));
    return (curvature * (1 - (size * curvature) / KAPPA) ** STEPS) ** 2;
  });
  const sum = (of: readonly number[]) => of.reduce((total, each) => total + each, 0);
  return sum(squares.slice(DIMENSION - TOP)) / sum(squares);
}
