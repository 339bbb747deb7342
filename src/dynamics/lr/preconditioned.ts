import { plusMultiple } from "../../linalg/vector.ts";
import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { studentTQuantile } from "../../linalg/distributions.ts";
import type { LinearOperator } from "../../operators/linear-operator.ts";
import { preconditionedOperator } from "../../operators/preconditioned-operator.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { StabilityLimit } from "../../optimizers/stability-limit.ts";
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

/** A limit of an optimiser that divides. */
type LimitBehindDivisor = Extract<StabilityLimit, { matrix: "D⁻¹H" }>;

interface Asked {
  readonly batch: number;
  readonly batches: number;
  readonly limit: LimitBehindDivisor;
  readonly tolerance: number;
}

/**
 * The largest eigenvalue of D⁻¹(H + wI) (Cohen et al. 2022), w a weight decay that is part of the gradient and D what the optimiser's
 * divisor settles at where the weights stand still: of the mean square v and the mean m of batch gradients at these weights. A file
 * of weights does not hold the moments of its training.
 *
 * What the draw of the batches leaves open follows to first order: with the eigenvector u, dλ = −λ Σ uⱼ² dDⱼ/Dⱼ, and
 * dv and dm are the means over the batches of g_B² − v and g_B − m, whose scatter they show (the delta method).
 *
 * Cost: two gradients on each batch, and a search.
 *
 * @returns undefined where the time was up
 */
export async function preconditionedSharpness(
  problem: Problem,
  hessian: LinearOperator,
  { batch, batches, limit, tolerance }: Asked,
  random: RandomStream,
  context: RunContext,
): Promise<PreconditionedSharpness | undefined> {
  const isWhole = batch >= problem.examples;
  const count = isWhole ? 1 : batches;
  const { coupledDecay } = limit;
  const theta = problem.point.parameters;
  /** The gradient of each batch, decay included, for whatever adds them up; false where the time was up. */
  const gradients = async (use: (slope: Float64Array) => void): Promise<boolean> => {
    for (let i = 0; i < count; i++) {
      if (context.outOfTime?.() === true) return false;
      const order = random.split(`batch ${i}`).permutation(problem.examples);
      const examples = isWhole ? undefined : Int32Array.from(order.subarray(0, batch)).sort();
      await using point = examples ? problem.onBatch(theta, examples) : problem.at(theta);
      const gradient = await point.gradient(context);
      use(coupledDecay === 0 ? gradient : plusMultiple(gradient, coupledDecay, theta));
    }
    return true;
  };
  const square = new Float64Array(hessian.dimension);
  const mean = new Float64Array(hessian.dimension);
  const isThere = await gradients((slope) =>
    slope.forEach((x, j) => {
      square[j] += (x * x) / count;
      mean[j] += x / count;
    }),
  );
  if (!isThere) return undefined;
  const divisor = square.map((v, j) => limit.settled(v, mean[j]));
  const { top, converged } = await extremalEigenpairs(
    preconditionedOperator(hessian, divisor, coupledDecay),
    { largest: 1, tolerance, vectors: true },
    random.split("search"),
    context,
  );
  const [{ value, residual, vector }] = top;
  const found = { value, residual, batches: count, converged };
  if (count < 2 || vector === undefined) return { ...found, drawn: 0 };
  // −dλ/λ for a change of v and of m.
  const slopes = Array.from(vector, (u, j) => {
    const { ofSquare, ofMean } = slopesOf(limit, square[j], mean[j]);
    return { ofSquare: (u * u * ofSquare) / divisor[j], ofMean: (u * u * ofMean) / divisor[j] };
  });
  const changes: number[] = [];
  const isDone = await gradients((slope) =>
    changes.push(
      slopes.reduce((sum, { ofSquare, ofMean }, j) => sum + ofSquare * slope[j] * slope[j] + ofMean * slope[j], 0),
    ),
  );
  if (!isDone) return undefined;
  const { standardError } = sampleMean(Float64Array.from(changes));
  return { ...found, drawn: studentTQuantile(UPPER, count - 1) * Math.abs(value) * standardError };
}

/** A step of a central difference, relative to what is moved: its error is of the order of the square. */
const STEP = 1e-4;

/** ∂D/∂v and ∂D/∂m; 0 where there is no gradient. */
function slopesOf(
  { settled }: LimitBehindDivisor,
  square: number,
  mean: number,
): { readonly ofSquare: number; readonly ofMean: number } {
  if (!(square > 0)) return { ofSquare: 0, ofMean: 0 };
  const [byV, byM] = [STEP * square, STEP * Math.sqrt(square)];
  return {
    ofSquare: (settled(square + byV, mean) - settled(square - byV, mean)) / (2 * byV),
    ofMean: (settled(square, mean + byM) - settled(square, mean - byM)) / (2 * byM),
  };
}
