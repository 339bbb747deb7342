import { dot, norm2 } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/products.ts";
import { needsOutputs } from "../gauss-newton.ts";
import { distance, multiply, relative, unit, type CheckBench, type CheckDefinition } from "./check.ts";
import { gradientCheck } from "./gradient-check.ts";

const LINEARITY_LIMIT = { float32: 1e-4, float64: 1e-10 } as const;

/**
 * ‖JᵀJw‖ per term of the loss: the size of what a product adds up. Where the loss is near its least value
 * its curvature in the outputs is what a cancellation leaves over (1 − p with p near 1), and the product is
 * rounded as these are, not as the little that is left.
 */
async function outputScale({ problem, context }: CheckBench, w: Float64Array): Promise<number> {
  const change = await problem.jacobianVector(w, context);
  return norm2(await problem.jacobianTransposed(change, context)) / problem.divisor;
}

/** The checks of every run: about ten loss evaluations and two gradients (in float64), and 5 products. */
export const CHECKS_OF_EVERY_RUN: readonly CheckDefinition[] = [
  gradientCheck,
  {
    name: "symmetry",
    title: "Symmetry of the Hessian",
    detail: "⟨u, Hv⟩ against ⟨Hu, v⟩ for random unit vectors, relative to (‖Hu‖ + ‖Hv‖)/√n.",
    limit: { float32: 1e-3, float64: 1e-9 },
    measure: async (bench) => {
      const n = bench.problem.space.dimension;
      const u = unit(bench.random.split("u"), n);
      const v = unit(bench.random.split("v"), n);
      const [hu, hv] = await bench.problem.product(hessianProduct, [u, v], bench.context);
      return relative(Math.abs(dot(u, hv) - dot(hu, v)), (norm2(hu) + norm2(hv)) / Math.sqrt(n));
    },
  },
  {
    name: "linearity",
    title: "Linearity of the Hessian product",
    detail:
      "H(2u − 3v) against 2Hu − 3Hv for random unit vectors, relative to the product; beyond the limit, what rounding of JᵀJ(2u − 3v) explains is taken off.",
    limit: LINEARITY_LIMIT,
    measure: async (bench) => {
      const n = bench.problem.space.dimension;
      const u = unit(bench.random.split("u"), n);
      const v = unit(bench.random.split("v"), n);
      const w = u.map((x, i) => 2 * x - 3 * v[i]);
      const mixed = await multiply(bench, hessianProduct, w);
      const hu = await multiply(bench, hessianProduct, u);
      const hv = await multiply(bench, hessianProduct, v);
      const sum = hu.map((x, i) => 2 * x - 3 * hv[i]);
      const error = distance(mixed, sum);
      const plain = relative(error, norm2(mixed));
      const limit = LINEARITY_LIMIT[bench.problem.options.precision];
      if (plain <= limit || needsOutputs(bench.problem) !== undefined) return plain;
      const rounding = 64 * bench.roundoff * (await outputScale(bench, w));
      return relative(error, norm2(mixed) + rounding / limit);
    },
  },
  {
    name: "determinism",
    title: "Two passes agree",
    detail: "The gradient of a second pass over the data against that of the first.",
    limit: { float32: 1e-6, float64: 1e-14 },
    measure: async ({ problem, gradient, context }) =>
      relative(distance(await problem.gradient(context), gradient), norm2(gradient)),
  },
];
