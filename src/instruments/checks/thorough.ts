import { dot, norm2 } from "../../linalg/vector.ts";
import { gaussNewtonProduct, hessianProduct } from "../../problem/products.ts";
import { Problem } from "../../problem/problem.ts";
import { needsOutputs } from "../gauss-newton.ts";
import { needsSingleExamples } from "../single-examples.ts";
import { distance, multiply, relative, unit, type CheckDefinition } from "./check.ts";

/** Step lengths of finite differences of the gradient. */
const GRADIENT_STEPS = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/** The checks that only `thalweg check` makes. */
export const THOROUGH_CHECKS: readonly CheckDefinition[] = [
  {
    name: "adjoint",
    title: "Forward and reverse mode are adjoint",
    detail: "⟨u, Jv⟩ against ⟨Jᵀu, v⟩ for the Jacobian of all outputs, relative to ‖u‖‖Jv‖/√m.",
    limit: { float32: 1e-3, float64: 1e-9 },
    notFor: needsOutputs,
    measure: async ({ problem, random, context }) => {
      const v = unit(random.split("v"), problem.space.dimension);
      const pushed = await problem.jacobianVector(v, context);
      const u = unit(random.split("u"), pushed.length);
      const pulled = await problem.jacobianTransposed(u, context);
      return relative(Math.abs(dot(u, pushed) - dot(pulled, v)), norm2(pushed) / Math.sqrt(pushed.length));
    },
  },
  {
    name: "dense-block",
    title: "Hessian block against finite differences of the gradient",
    detail:
      "Rows of H at the six coordinates with the largest |∂L| against central differences of the gradient in float64, the best of six step lengths.",
    limit: { float32: 1e-3, float64: 1e-5 },
    measure: async (bench) => {
      const { problem, context, gradient } = bench;
      const coordinates = Array.from(gradient.keys())
        .toSorted((a, b) => Math.abs(gradient[b]) - Math.abs(gradient[a]))
        .slice(0, 6);
      // A step that crosses a kink is off by a finite amount, so it must be shorter than float32 allows.
      const oracle = Problem.open(problem.model, problem.dataset, problem.runtime, {
        ...problem.options,
        precision: "float64",
      });
      try {
        const home = problem.options.precision === "float32" ? problem.parameters.map(Math.fround) : problem.parameters;
        let worst = 0;
        for (const coordinate of coordinates) {
          const e = new Float64Array(home.length);
          e[coordinate] = 1;
          const row = await multiply(bench, hessianProduct, e);
          const at = async (h: number) => {
            await oracle.moveTo(home.map((x, i) => x + h * e[i]));
            return oracle.gradient(context);
          };
          let best = Number.POSITIVE_INFINITY;
          for (const h of GRADIENT_STEPS) {
            const [ahead, behind] = [await at(h), await at(-h)];
            best = Math.min(
              best,
              relative(
                distance(
                  row,
                  ahead.map((x, i) => (x - behind[i]) / (2 * h)),
                ),
                norm2(row),
              ),
            );
          }
          worst = Math.max(worst, best);
        }
        return worst;
      } finally {
        await oracle.close();
      }
    },
  },
  {
    name: "block",
    title: "A block of products equals single products",
    detail: "Hv for eleven vectors at once against one by one.",
    limit: { float32: 1e-4, float64: 1e-11 },
    measure: async (bench) => {
      const vectors = Array.from({ length: 11 }, (_, i) =>
        unit(bench.random.split(`v${i}`), bench.problem.space.dimension),
      );
      const together = await bench.problem.product(hessianProduct, vectors, bench.context);
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
    detail: "Gradient and one Hessian product against those with batches of about a third, the last of them short.",
    limit: { float32: 1e-4, float64: 1e-11 },
    notFor: needsSingleExamples,
    measure: async ({ problem, random, context, gradient }) => {
      const batchSize = Math.max(1, Math.ceil(Math.min(problem.options.batchSize, problem.examples) / 3) + 1);
      const other = Problem.open(problem.model, problem.dataset, problem.runtime, { ...problem.options, batchSize });
      try {
        await other.moveTo(problem.parameters);
        const v = unit(random, problem.space.dimension);
        const [here] = await problem.product(hessianProduct, [v], context);
        const [there] = await other.product(hessianProduct, [v], context);
        const ofGradient = relative(distance(await other.gradient(context), gradient), norm2(gradient));
        return Math.max(ofGradient, relative(distance(here, there), norm2(here)));
      } finally {
        await other.close();
      }
    },
  },
  {
    name: "examples",
    title: "The examples' derivatives average to the gradient",
    detail: "The mean over examples of gᵢᵀv against gᵀv, relative to the root mean square of gᵢᵀv.",
    limit: { float32: 1e-4, float64: 1e-11 },
    measure: async ({ problem, random, context, gradient }) => {
      const v = unit(random, problem.space.dimension);
      const point = problem.parameters;
      const scale = problem.examples / problem.divisor;
      const each = (await problem.exampleDerivatives(v, context)).map((x) => scale * x);
      const mean = each.reduce((sum, x) => sum + x, 0) / each.length;
      const expected = dot(gradient, v) - problem.options.l2 * dot(point, v);
      return relative(Math.abs(mean - expected), norm2(each) / Math.sqrt(each.length));
    },
  },
  {
    name: "gauss-newton",
    title: "The Gauss–Newton matrix is positive",
    detail:
      "The most negative vᵀGv over eight random unit vectors, relative to ‖Gv‖; for losses that are convex in the outputs.",
    limit: { float32: 1e-5, float64: 1e-12 },
    notFor: needsOutputs,
    measure: async ({ problem, random, context }) => {
      const vectors = Array.from({ length: 8 }, (_, i) => unit(random.split(`v${i}`), problem.space.dimension));
      const images = await problem.product(gaussNewtonProduct, vectors, context);
      return Math.max(0, ...images.map((image, i) => relative(Math.max(0, -dot(vectors[i], image)), norm2(image))));
    },
  },
];
