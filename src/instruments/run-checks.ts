import { dot, norm2, normalize } from "../linalg/vector.ts";
import { gaussNewtonProduct, hessianProduct, type Product } from "../problem/products.ts";
import { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { RunContext } from "../util/run-context.ts";
import { needsOutputs } from "./gauss-newton.ts";

/** What a check works with. */
interface Bench {
  readonly problem: Problem;
  readonly random: RandomStream;
  readonly context: RunContext;
  readonly gradient: Float64Array;
  /** Unit roundoff. */
  readonly roundoff: number;
}

interface CheckDefinition {
  readonly name: string;
  readonly title: string;
  /** What is compared with what, in one sentence. */
  readonly detail: string;
  /** Whether it is made on every run; the others only by `thalweg check`. */
  readonly always: boolean;
  /** Largest measured value that passes, in float32 and in float64. */
  readonly limit: { readonly float32: number; readonly float64: number };
  notFor?(problem: Problem): string | undefined;
  /** A relative error. */
  measure(bench: Bench): Promise<number>;
}

function unit(random: RandomStream, dimension: number): Float64Array {
  const vector = random.normalVector(dimension);
  normalize(vector);
  return vector;
}

async function multiply(bench: Bench, product: Product, vector: Float64Array): Promise<Float64Array> {
  const [image] = await bench.problem.product(product, [vector], bench.context);
  return image;
}

function distance(a: Float64Array, b: Float64Array): number {
  return norm2(a.map((x, i) => x - b[i]));
}

/** |a − b| relative to a size; 0 where both are 0. */
function relative(error: number, size: number): number {
  return error === 0 ? 0 : error / size;
}

/** Step lengths of finite differences: rounding spoils the short ones, curvature and kinks the long ones. */
const LOSS_STEPS = { float32: [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4], float64: [1e-2, 1e-3, 1e-4, 1e-5] } as const;
const GRADIENT_STEPS = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

const LINEARITY_LIMIT = { float32: 1e-4, float64: 1e-10 } as const;

/**
 * ‖JᵀJw‖ per term of the loss: the size of what a product adds up. Where the loss is near its least value
 * its curvature in the outputs is what a cancellation leaves over (1 − p with p near 1), and the product is
 * rounded as these are, not as the little that is left.
 */
async function outputScale({ problem, context }: Bench, w: Float64Array): Promise<number> {
  const change = await problem.jacobianVector(w, context);
  return norm2(await problem.jacobianTransposed(change, context)) / problem.divisor;
}

const CHECKS: readonly CheckDefinition[] = [
  {
    name: "gradient",
    title: "Gradient against finite differences",
    detail:
      "The derivative of the loss along a random direction that leans towards the gradient, against central differences at several step lengths, the best of which counts.",
    always: true,
    limit: { float32: 3e-3, float64: 1e-5 },
    measure: async ({ problem, random, context, gradient, roundoff }) => {
      const { dimension } = problem.space;
      const direction = unit(random, dimension);
      const length = norm2(gradient);
      if (length > 0) for (let i = 0; i < dimension; i++) direction[i] += gradient[i] / length;
      normalize(direction);
      const home = problem.parameters;
      const { loss } = await problem.value(context);
      const at = (h: number) =>
        problem.at(
          home.map((x, i) => x + h * direction[i]),
          () => problem.value(context),
        );
      const lengths = LOSS_STEPS[problem.options.precision];
      let best = Number.POSITIVE_INFINITY;
      let bend = 0;
      for (const h of lengths) {
        const [ahead, behind] = [(await at(h)).loss, (await at(-h)).loss];
        best = Math.min(best, Math.abs((ahead - behind) / (2 * h) - dot(gradient, direction)));
        bend = Math.abs(ahead - 2 * loss + behind) / h;
      }
      // A gradient below what rounding of the loss allows to be seen, or that the shortest step makes by itself, is not judged more sharply than that.
      return relative(best, length + (400 * roundoff * (1 + Math.abs(loss))) / lengths[0] + bend);
    },
  },
  {
    name: "symmetry",
    title: "Symmetry of the Hessian",
    detail: "⟨u, Hv⟩ against ⟨Hu, v⟩ for random unit vectors, relative to (‖Hu‖ + ‖Hv‖)/√n.",
    always: true,
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
    always: true,
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
    always: true,
    limit: { float32: 1e-6, float64: 1e-14 },
    measure: async ({ problem, gradient, context }) =>
      relative(distance(await problem.gradient(context), gradient), norm2(gradient)),
  },
  {
    name: "adjoint",
    title: "Forward and reverse mode are adjoint",
    detail: "⟨u, Jv⟩ against ⟨Jᵀu, v⟩ for the Jacobian of all outputs, relative to ‖u‖‖Jv‖/√m.",
    always: false,
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
    always: false,
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
    always: false,
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
    always: false,
    limit: { float32: 1e-4, float64: 1e-11 },
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
    always: false,
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
    always: false,
    limit: { float32: 1e-5, float64: 1e-12 },
    notFor: needsOutputs,
    measure: async ({ problem, random, context }) => {
      const vectors = Array.from({ length: 8 }, (_, i) => unit(random.split(`v${i}`), problem.space.dimension));
      const images = await problem.product(gaussNewtonProduct, vectors, context);
      return Math.max(0, ...images.map((image, i) => relative(Math.max(0, -dot(vectors[i], image)), norm2(image))));
    },
  },
];

/**
 * Checks that gradient and products are what they claim to be.
 *
 * @param which `every-run`: four cheap checks, 9 or 13 loss evaluations, a gradient and 5 products; `all`: ten
 *
 * @example
 * const checks = await runChecks(problem, "every-run", random, {});
 * checks.every(({ passed }) => passed); // true
 */
export async function runChecks(
  problem: Problem,
  which: "every-run" | "all",
  random: RandomStream,
  context: RunContext,
): Promise<Check[]> {
  const { precision } = problem.options;
  const gradient = await problem.gradient(context);
  const roundoff = precision === "float32" ? 2 ** -24 : 2 ** -53;
  const checks: Check[] = [];
  const chosen = CHECKS.filter(({ always, notFor }) => (which === "all" || always) && notFor?.(problem) === undefined);
  for (const [done, { name, title, detail, limit, measure }] of chosen.entries()) {
    context.progress?.({ stage: "checks", done, total: chosen.length, estimate: title });
    const measured = await measure({ problem, random: random.split(name), context, gradient, roundoff });
    checks.push({ name, title, passed: measured <= limit[precision], measured, limit: limit[precision], detail });
  }
  return checks;
}
