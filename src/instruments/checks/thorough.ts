import { distance, dot, norm2 } from "../../linalg/vector.ts";
import { gaussNewtonProduct } from "../../problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { Problem } from "../../problem/problem.ts";
import { needsOutputs } from "../gauss-newton.ts";
import { needsSingleExamples } from "../../quantities/single-examples.ts";
import { multiply, relative, unit, type CheckDefinition } from "./check.ts";
import { denseBlockCheck } from "./dense-block-check.ts";
import { nearbyPoints } from "./nearby-points.ts";
import { isNotFinite } from "../../util/thalweg-error.ts";
import { maxOf } from "../../util/extremes.ts";
import { bytesOfVectors } from "../../quantities/memory.ts";
import { VECTORS_OF_POINT } from "../../problem/parameter-slots.ts";

const EXAMPLES_LIMIT = { float32: 1e-4, float64: 1e-11 } as const;
const BATCH_LIMIT = { float32: 1e-4, float64: 1e-11 } as const;
const POSITIVE_LIMIT = { float32: 1e-5, float64: 1e-12 } as const;

/** The checks that only `thalweg check` makes. */
export const THOROUGH_CHECKS: readonly CheckDefinition[] = [
  {
    name: "adjoint",
    title: "Forward and reverse mode are adjoint",
    detail: "⟨u, Jv⟩ against ⟨Jᵀu, v⟩ for the Jacobian of all outputs, relative to ‖u‖‖Jv‖/√m.",
    limit: { float32: 1e-3, float64: 1e-9 },
    notFor: needsOutputs,
    cost: () => ({ gradients: 2 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 3),
    measure: async ({ problem, random, context }) => {
      const v = unit(random.split("v"), problem.space.dimension);
      const pushed = await problem.point.jacobianVector(v, context);
      const u = unit(random.split("u"), pushed.length);
      const pulled = await problem.point.jacobianTransposed(u, context);
      return relative(Math.abs(dot(u, pushed) - dot(pulled, v)), norm2(pushed) / Math.sqrt(pushed.length));
    },
  },
  denseBlockCheck,
  {
    name: "block",
    title: "A block of products equals single products",
    detail: "Hv for eleven vectors at once against one by one.",
    limit: { float32: 1e-4, float64: 1e-11 },
    cost: () => ({ products: 22 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 24),
    measure: async (bench) => {
      const vectors = Array.from({ length: 11 }, (_, i) =>
        unit(bench.random.split(`v${i}`), bench.problem.space.dimension),
      );
      const together = await bench.problem.point.product(hessianProduct, vectors, bench.context);
      let worst = 0;
      for (const [i, v] of vectors.entries()) {
        const alone = await multiply(bench, hessianProduct, v);
        worst = Math.max(worst, relative(distance(together[i], alone), norm2(alone)));
      }
      return worst;
    },
  },
  {
    name: "batch-size",
    title: "The batch size does not matter",
    detail:
      "Gradient and one Hessian product against those with batches of about a third, the last of them short; where they differ, as rounding at a jump or a kink may make them, the same at points 10 %, then 100 % away.",
    limit: BATCH_LIMIT,
    notFor: (problem) => needsSingleExamples(problem) ?? needsOtherBatches(problem),
    cost: () => ({ products: 2, gradients: 1 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 9 + VECTORS_OF_POINT),
    measure: async ({ problem, random, context, gradient }) => {
      const batchSize = otherBatchSize(problem);
      const other = Problem.open(problem.model, problem.dataset, problem.runtime, { ...problem.options, batchSize });
      try {
        const v = unit(random, problem.space.dimension);
        let least = Number.POSITIVE_INFINITY;
        for (const { part, point } of nearbyPoints(problem, problem.point.parameters, random.split("points"))) {
          try {
            const derivatives = async (each: Problem, known?: Float64Array) => {
              await using at = each.at(point);
              const [image] = await at.product(hessianProduct, [v], context);
              return [known ?? (await at.gradient(context)), image];
            };
            const here = await derivatives(problem, part === 0 ? gradient : undefined);
            const there = await derivatives(other);
            least = Math.min(least, maxOf(here.map((x, i) => relative(distance(there[i], x), norm2(x)))));
          } catch (error) {
            if (part === 0 || !isNotFinite(error)) throw error;
          }
          if (least <= BATCH_LIMIT[problem.options.precision]) break;
        }
        return least;
      } finally {
        await other.close();
      }
    },
  },
  {
    name: "examples",
    title: "The examples' derivatives average to the gradient",
    detail:
      "The mean over examples of gᵢᵀv against gᵀv, relative to the root mean square of gᵢᵀv; beyond the limit, what rounding of the outputs' change Jv explains is taken off.",
    limit: EXAMPLES_LIMIT,
    cost: () => ({ gradients: 1 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 3),
    measure: async ({ problem, random, context, gradient, roundoff }) => {
      const v = unit(random, problem.space.dimension);
      const { point } = problem;
      const scale = problem.examples / problem.divisor;
      const each = (await problem.point.exampleDerivatives(v, context)).map((x) => scale * x);
      const mean = each.reduce((sum, x) => sum + x, 0) / each.length;
      const { l2, parameters } = point;
      const expected = dot(gradient, v) - l2 * dot(parameters, v);
      // Beside an L2 term the gradient was rounded as that is.
      const lost = 4 * Number.EPSILON * l2 * norm2(parameters);
      const error = Math.max(0, Math.abs(mean - expected) - lost);
      const size = norm2(each) / Math.sqrt(each.length);
      const limit = EXAMPLES_LIMIT[problem.options.precision];
      if (relative(error, size) <= limit || needsOutputs(problem) !== undefined) return relative(error, size);
      // gᵢᵀv = rᵢᵀ(Jv)ᵢ, where the residual rᵢ may be what a cancellation leaves over (1 − p with p near 1).
      const outputs = norm2(await problem.point.jacobianVector(v, context)) / Math.sqrt(each.length);
      return relative(error, size + (64 * roundoff * scale * outputs) / limit);
    },
  },
  {
    name: "gauss-newton",
    title: "The Gauss–Newton matrix is positive",
    detail:
      "The most negative vᵀGv over eight random unit vectors, relative to ‖Gv‖; for losses that are convex in the outputs. Beyond the limit, what rounding of ‖Jv‖² explains is taken off.",
    limit: POSITIVE_LIMIT,
    notFor: needsOutputs,
    cost: () => ({ products: 8 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 17),
    measure: async ({ problem, random, context, roundoff }) => {
      const vectors = Array.from({ length: 8 }, (_, i) => unit(random.split(`v${i}`), problem.space.dimension));
      const images = await problem.point.product(gaussNewtonProduct, vectors, context);
      let worst = 0;
      for (const [i, image] of images.entries()) {
        let below = Math.max(0, -dot(vectors[i], image));
        if (relative(below, norm2(image)) > POSITIVE_LIMIT[problem.options.precision]) {
          // Probabilities at 0 and 1 leave of the curvature in the outputs what a cancellation leaves over.
          const change = norm2(await problem.point.jacobianVector(vectors[i], context));
          below = Math.max(0, below - (64 * roundoff * change ** 2) / problem.divisor);
        }
        worst = Math.max(worst, relative(below, norm2(image)));
      }
      return worst;
    },
  },
];

/** About a third of the batches, so that a last one is short; another size than that of the problem. */
function otherBatchSize({ options, examples }: Problem): number {
  return Math.max(1, Math.ceil(Math.min(options.batchSize, examples) / 3) + 1);
}

/** Why no other batches can be tried, where the file takes those of one size only. */
function needsOtherBatches(problem: Problem): string | undefined {
  const size = otherBatchSize(problem);
  const short = problem.examples % size;
  const isOpen = problem.takesBatch(size) && (short === 0 || problem.takesBatch(short));
  return isOpen ? undefined : `The model takes batches of ${problem.options.batchSize} only.`;
}
