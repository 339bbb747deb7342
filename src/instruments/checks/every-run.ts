import { distance, dot, norm2 } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { multiply, relative, unit, type CheckBench, type CheckDefinition } from "./check.ts";
import { examplesAloneCheck } from "./examples-alone.ts";
import { gaussNewtonCheck } from "./gauss-newton-check.ts";
import { gradientCheck } from "./gradient-check.ts";
import { hessianCheck } from "./hessian-check.ts";
import { lossCheck } from "./loss-check.ts";
import { outputRounding } from "./output-rounding.ts";
import { PASSES_TO_DRAW } from "../../problem/work.ts";
import { bytesOfVectors } from "../../quantities/memory.ts";

const SYMMETRY_LIMIT = { float32: 1e-3, float64: 1e-9 } as const;
const LINEARITY_LIMIT = { float32: 1e-4, float64: 1e-10 } as const;

/**
 * The error of an identity that holds for the product with w, relative to its size; where that is beyond the limit, what
 * rounding of the product explains counts as size, so that it makes up for no more than the limit.
 */
async function relativeToRounding(
  { problem, context }: CheckBench,
  { error, size, limit, vector }: { error: number; size: number; limit: number; vector: Float64Array },
): Promise<number> {
  const plain = relative(error, size);
  if (plain <= limit) return plain;
  return relative(error, size + norm2(await outputRounding(problem, problem.point, vector, context)) / limit);
}

/** The checks of every run: four losses for each doubling of the tensors and some twenty gradients in float64, some ten products, three forward passes, and what a few single examples cost. */
export const CHECKS_OF_EVERY_RUN: readonly CheckDefinition[] = [
  lossCheck,
  gradientCheck,
  hessianCheck,
  gaussNewtonCheck,
  examplesAloneCheck,
  {
    name: "symmetry",
    title: "Symmetry of the Hessian",
    detail:
      "⟨u, Hv⟩ against ⟨Hu, v⟩ for random unit vectors, relative to (‖Hu‖ + ‖Hv‖)/√n; beyond the limit, what rounding of JᵀJ(u + v)/√n explains is taken off.",
    limit: SYMMETRY_LIMIT,
    cost: () => ({ products: 2, vectors: 2 * PASSES_TO_DRAW + 8 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 6),
    measure: async (bench) => {
      const n = bench.problem.space.dimension;
      const u = unit(bench.random.split("u"), n);
      const v = unit(bench.random.split("v"), n);
      const [hu, hv] = await bench.problem.point.product(hessianProduct, [u, v], bench.context);
      return relativeToRounding(bench, {
        error: Math.abs(dot(u, hv) - dot(hu, v)),
        size: (norm2(hu) + norm2(hv)) / Math.sqrt(n),
        limit: SYMMETRY_LIMIT[bench.problem.options.precision],
        // ⟨u, Rv⟩ for a rounding error Rv in no direction of its own.
        vector: v.map((x, i) => (x + u[i]) / Math.sqrt(n)),
      });
    },
  },
  {
    name: "linearity",
    title: "Linearity of the Hessian product",
    detail:
      "H(2u − 3v) against 2Hu − 3Hv for random unit vectors, relative to the product; beyond the limit, what rounding of JᵀJ(2u − 3v) explains is taken off.",
    limit: LINEARITY_LIMIT,
    cost: () => ({ products: 3, vectors: 2 * PASSES_TO_DRAW + 14 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 7),
    measure: async (bench) => {
      const n = bench.problem.space.dimension;
      const u = unit(bench.random.split("u"), n);
      const v = unit(bench.random.split("v"), n);
      const w = u.map((x, i) => 2 * x - 3 * v[i]);
      const mixed = await multiply(bench, hessianProduct, w);
      const hu = await multiply(bench, hessianProduct, u);
      const hv = await multiply(bench, hessianProduct, v);
      const sum = hu;
      for (let i = 0; i < n; i++) sum[i] = 2 * hu[i] - 3 * hv[i];
      return relativeToRounding(bench, {
        error: distance(mixed, sum),
        size: norm2(mixed),
        limit: LINEARITY_LIMIT[bench.problem.options.precision],
        vector: w,
      });
    },
  },
  {
    name: "determinism",
    title: "Two passes agree",
    detail: "The gradient of a second pass over the data against that of the first.",
    limit: { float32: 1e-6, float64: 1e-14 },
    cost: () => ({ gradients: 1, vectors: 2 }),
    bytes: ({ space }) => bytesOfVectors(space.dimension, 2),
    measure: async ({ problem, gradient, context }) =>
      relative(distance(await problem.point.gradient(context), gradient), norm2(gradient)),
  },
];
