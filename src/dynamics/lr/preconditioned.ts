import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import type { LinearOperator } from "../../operators/linear-operator.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";

/** λmax of D⁻¹H with its error. */
export interface PreconditionedSharpness {
  readonly value: number;
  readonly residual: number;
  /** What another draw of the batches that v is the mean over would change it by: half of what two halves of them differ by. */
  readonly drawn: number;
  readonly batches: number;
  readonly converged: boolean;
}

interface Asked {
  readonly batch: number;
  readonly batches: number;
  readonly eps: number;
  readonly tolerance: number;
}

/**
 * The largest eigenvalue of D⁻¹H, D = √v + ε (Cohen et al. 2022), with v the mean square of batch gradients at these weights: what
 * Adam's second moments settle at where the weights stand still. A file of weights does not hold the v of its training.
 * D⁻¹H has the eigenvalues of D^(−½) H D^(−½), which is symmetric.
 *
 * Cost: a gradient on each batch, and three searches.
 *
 * @returns undefined where the time was up
 */
export async function preconditionedSharpness(
  problem: Problem,
  hessian: LinearOperator,
  { batch, batches, eps, tolerance }: Asked,
  random: RandomStream,
  context: RunContext,
): Promise<PreconditionedSharpness | undefined> {
  const isWhole = batch >= problem.examples;
  const count = isWhole ? 1 : batches;
  const halves = [new Float64Array(hessian.dimension), new Float64Array(hessian.dimension)];
  for (let i = 0; i < count; i++) {
    if (context.outOfTime?.() === true) return undefined;
    const order = random.split(`batch ${i}`).permutation(problem.examples);
    const examples = isWhole ? undefined : Int32Array.from(order.subarray(0, batch)).sort();
    await using point = problem.at(problem.point.parameters, { examples });
    const gradient = await point.gradient(context);
    const half = halves[i % 2];
    gradient.forEach((x, j) => (half[j] += x * x));
  }
  const whole = halves[0].map((x, i) => (x + halves[1][i]) / count);
  const search = (square: Float64Array, near: readonly Float64Array[]) =>
    extremalEigenpairs(
      scaledBy(
        hessian,
        square.map((x) => 1 / Math.sqrt(Math.sqrt(x) + eps)),
      ),
      { largest: 1, tolerance, vectors: true, near },
      random.split("search"),
      context,
    );
  const found = await search(whole, []);
  const [{ value, residual, vector }] = found.top;
  let drawn = 0;
  if (count > 1) {
    const near = vector === undefined ? [] : [vector];
    const values: number[] = [];
    for (const [i, half] of halves.entries()) {
      const mine = i === 0 ? Math.ceil(count / 2) : Math.floor(count / 2);
      const { top } = await search(
        half.map((x) => x / mine),
        near,
      );
      values.push(top[0].value);
    }
    drawn = Math.abs(values[0] - values[1]) / 2;
  }
  return { value, residual, drawn, batches: count, converged: found.converged };
}

/** S A S for a diagonal S. */
function scaledBy(operator: LinearOperator, scales: Float64Array): LinearOperator {
  const { dimension, precision, preferredBlock, atOnce } = operator;
  const scaled = (vector: Float64Array) => vector.map((x, i) => scales[i] * x);
  return {
    name: "D⁻¹H",
    dimension,
    symmetric: true,
    precision,
    preferredBlock,
    atOnce,
    apply: async (block) => (await operator.apply(block.map(scaled))).map(scaled),
  };
}
