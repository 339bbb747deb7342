import type { Dataset } from "../data/dataset.ts";
import { norm2 } from "../linalg/vector.ts";
import { Problem } from "../problem/problem.ts";
import { gaussNewtonProduct } from "../problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import type { Check } from "../result/envelope.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { formatCounted } from "../util/format-size.ts";
import type { FloatType } from "../util/tensor.ts";
import type { LoadProof, ProofBench } from "./load-proof.ts";
import { messageOf } from "../util/message-of.ts";

const NAME = "device";
const TITLE = "The device against the processor";

/** Relative distances that pass without a question: some hundred roundings, and for products a kink or two. */
const LIMITS: Readonly<Record<FloatType, { readonly value: number; readonly product: number }>> = {
  float32: { value: 1e-4, product: 3e-4 },
  float64: { value: 1e-11, product: 1e-10 },
};
/** How much further than the processor's own float32 the device's may be from float64. */
const ROUNDING = 10;

const ADVICE = "Leave --device out to compute on the processor.";

interface Measured {
  readonly what: string;
  readonly values: Float64Array;
  readonly limit: number;
}

/**
 * Loss, gradient, and products of the Hessian (and for `check` of the Gauss–Newton matrix) of one whole
 * batch on the device, against the same graphs on the processor. What rounding explains is measured where
 * they differ, in float64. Cost: two gradients and two products of one batch.
 */
export const deviceProof: LoadProof = {
  name: NAME,
  async prove(bench: ProofBench): Promise<Check | undefined> {
    const { device, problem, random } = bench;
    if (device === "cpu") return undefined;
    const runtime = nodeRuntime({ threads: problem.runtime.threads });
    const vector = random.normalVector(problem.space.dimension);
    const measure = (engine: Runtime, precision: FloatType) => measured(bench, engine, precision, vector);
    try {
      let here: Measured[];
      try {
        here = await measure(runtime, problem.options.precision);
      } catch (error) {
        return failure(
          null,
          `The device ${device} is not proven: the processor cannot compute either. ${messageOf(error)}`,
        );
      }
      let there: Measured[];
      try {
        there = await measure(problem.runtime, problem.options.precision);
      } catch (error) {
        return failure(
          false,
          `The device ${device} cannot compute what the processor can. ${messageOf(error)} ${ADVICE}`,
        );
      }
      const worst = worstOf(there, here);
      if (worst.error <= worst.limit || problem.options.precision === "float64") return verdict(bench, worst);
      const exact = await measure(runtime, "float64");
      const rounding = here.map(({ values }, i) => distance(values, exact[i].values));
      const allowed = here.map((each, i) => ({ ...each, limit: Math.max(each.limit, ROUNDING * rounding[i]) }));
      return verdict(
        bench,
        worstOf(
          there,
          exact.map((each, i) => ({ ...each, limit: allowed[i].limit })),
        ),
      );
    } finally {
      await runtime.close();
    }
  },
};

/** Everything that is compared, on the first batch alone. */
async function measured(
  { problem, thorough }: ProofBench,
  runtime: Runtime,
  precision: FloatType,
  vector: Float64Array,
): Promise<Measured[]> {
  const { options, dataset, model } = problem;
  const limits = LIMITS[options.precision];
  const batch: Dataset = { ...dataset, examples: Math.min(dataset.examples, options.batchSize) };
  const one = Problem.open(model, batch, runtime, { ...options, precision, cacheBytes: 0 });
  try {
    const products =
      thorough && options.loss.givesLossOnly !== true ? [hessianProduct, gaussNewtonProduct] : [hessianProduct];
    const results: Measured[] = [
      { what: "the loss", values: Float64Array.of((await one.point.value()).loss), limit: limits.value },
      { what: "the gradient", values: await one.point.gradient(), limit: limits.value },
    ];
    for (const product of products) {
      const [values] = await one.point.product(product, [vector]);
      results.push({ what: `a product of the ${product.summary}`, values, limit: limits.product });
    }
    return results;
  } finally {
    await one.close();
  }
}

interface Worst {
  readonly what: string;
  readonly error: number;
  readonly limit: number;
}

function worstOf(there: readonly Measured[], here: readonly Measured[]): Worst {
  const all = here.map(({ what, values, limit }, i) => ({ what, limit, error: distance(there[i].values, values) }));
  // What is no number is worse than any number.
  const ratio = ({ error, limit }: Worst) => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / limit);
  return all.reduce((most, each) => (ratio(each) > ratio(most) ? each : most));
}

/** ‖a − b‖/‖b‖, and 0 where both are zero. */
function distance(a: Float64Array, b: Float64Array): number {
  const difference = norm2(a.map((x, i) => x - b[i]));
  return difference === 0 ? 0 : difference / norm2(b);
}

function failure(passed: false | null, detail: string): Check {
  return { name: NAME, title: TITLE, passed, measured: Number.NaN, limit: Number.NaN, detail };
}

function verdict({ device, problem }: ProofBench, { what, error, limit }: Worst): Check {
  const passed = error <= limit;
  const examples = Math.min(problem.dataset.examples, problem.options.batchSize);
  return {
    name: NAME,
    title: TITLE,
    passed,
    measured: error,
    limit,
    detail: passed
      ? `Loss, gradient and products of ${formatCounted(examples, "example")} on ${device} against the same graphs on the processor; the largest difference is that of ${what}.`
      : `The device ${device} computes ${what} of ${formatCounted(examples, "example")} wrongly: it is ${error.toExponential(1)} off, relative, where rounding explains ${limit.toExponential(1)}. ${ADVICE}`,
  };
}
