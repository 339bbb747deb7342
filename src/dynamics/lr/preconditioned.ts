import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { studentTQuantile } from "../../linalg/distributions.ts";
import type { LinearOperator } from "../../operators/linear-operator.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";

/** 95 % of an interval, up to its upper end. */
const UPPER = 0.975;

/** λmax of D⁻¹H with its error. */
export interface PreconditionedSharpness {
  readonly value: number;
  readonly residual: number;
  /** Half-width of the 95 % interval over the draw of the batches that v is the mean over; 0 where a batch holds all examples. */
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
 * What the draw of the batches leaves open follows to first order: with the eigenvector u, dλ = −λ Σ uⱼ² dvⱼ/(2√vⱼ(√vⱼ + ε)), and
 * dv is the mean over the batches of g_B² − v, whose scatter they show (the delta method).
 *
 * Cost: two gradients on each batch, and a search.
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
  /** Squares of the gradient of each batch, for whatever adds them up; false where the time was up. */
  const squares = async (use: (square: (j: number) => number) => void): Promise<boolean> => {
    for (let i = 0; i < count; i++) {
      if (context.outOfTime?.() === true) return false;
      const order = random.split(`batch ${i}`).permutation(problem.examples);
      const examples = isWhole ? undefined : Int32Array.from(order.subarray(0, batch)).sort();
      await using point = problem.at(problem.point.parameters, { examples });
      const gradient = await point.gradient(context);
      use((j) => gradient[j] * gradient[j]);
    }
    return true;
  };
  const v = new Float64Array(hessian.dimension);
  if (!(await squares((square) => v.forEach((_, j) => (v[j] += square(j) / count))))) return undefined;
  const { top, converged } = await extremalEigenpairs(
    scaledBy(
      hessian,
      v.map((x) => 1 / Math.sqrt(Math.sqrt(x) + eps)),
    ),
    { largest: 1, tolerance, vectors: true },
    random.split("search"),
    context,
  );
  const [{ value, residual, vector }] = top;
  const found = { value, residual, batches: count, converged };
  if (count < 2 || vector === undefined) return { ...found, drawn: 0 };
  /** −dλ/dvⱼ over λ. */
  const slopes = vector.map((u, j) => {
    const root = Math.sqrt(v[j]);
    return root > 0 ? (u * u) / (2 * root * (root + eps)) : 0;
  });
  const changes: number[] = [];
  const isDone = await squares((square) => changes.push(slopes.reduce((sum, slope, j) => sum + slope * square(j), 0)));
  if (!isDone) return undefined;
  const mean = changes.reduce((sum, x) => sum + x, 0) / count;
  const variance = changes.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  return {
    ...found,
    drawn: studentTQuantile(UPPER, count - 1) * Math.abs(value) * Math.sqrt(variance / count),
  };
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
