import { extendBasis } from "../../linalg/thin-qr.ts";
import { distance, dot, norm2 } from "../../linalg/vector.ts";
import { empiricalFisherProduct } from "../../problem/derivatives/empirical-fisher.ts";
import { gaussNewtonProduct } from "../../problem/derivatives/gauss-newton.ts";
import { roundedGradient } from "../../problem/derivatives/rounded.ts";
import { leastNormal } from "../../problem/in-range.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import { PASSES_TO_DRAW, plus, times } from "../../problem/work.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";
import { sizeOf } from "../../util/tensor.ts";
import { needsOutputs } from "../gauss-newton.ts";
import { hessianMatrix } from "../../quantities/hessian-matrix.ts";
import { needsSingleExamples } from "../../quantities/single-examples.ts";
import { hasFewOutputs, traceByOutputs } from "../../quantities/trace-by-outputs.ts";
import { relative, roundoffOf, unit, type CheckDefinition, type Measurement } from "./check.ts";
import { nearbyPoints } from "./nearby-points.ts";
import { outputRounding } from "./output-rounding.ts";
import { isNotFinite } from "../../util/thalweg-error.ts";
import { bytesOfVectors } from "../../quantities/memory.ts";

/** How many examples are drawn. */
const DRAWN = 4;

/** To write a result out of the engine, and what its last step does on a vector of all parameters. */
const PASSES_OF_RUN = 5;

const LIMIT = { float32: 1e-4, float64: 1e-9 } as const;

/** How many times what one move by a grain shows is still rounding. */
const MARGIN = 16;

const DETAIL =
  "The gradients of a few examples, each that of a loss of this example alone, in float64 where there is it: their squared lengths, their products with a random vector v and (1/k)Σ gᵢ(gᵢᵀv) against the squares, the derivatives and the empirical Fisher product of these examples together; and tr G of one of them from its outputs against Σ qᵀGq over an orthonormal basis q of what its outputs move. What rounding explains is taken off.";

/** What was compared: by how much it is off, and its size. */
interface Difference {
  readonly what: string;
  readonly error: number;
  readonly size: number;
  /** What rounding explains, measured where the error is beyond the limit. */
  rounding(): Promise<number>;
}

/** An example's gradient, and how to measure what rounding does to it. */
interface Alone {
  readonly gradient: Float64Array;
  readonly rounding: () => Promise<number>;
}

/** What is made of the gradients of single examples (gradient noise, empirical Fisher matrix, tr G) against gradients of single examples. */
export const examplesAloneCheck: CheckDefinition = {
  name: "examples-alone",
  title: "Examples together against each alone",
  detail: DETAIL,
  limit: LIMIT,
  notFor: needsSingleExamples,
  cost: (problem) => {
    const each = Math.min(DRAWN, problem.examples);
    const width = tracesByOutputs(problem) ? sizeOf(problem.outputShape) : 0;
    const runs = { wideProducts: 1 + width, wideGradients: 2 + each + width };
    return plus(times(Math.min(1, DRAWN / problem.examples), runs), {
      widePoints: each + 2,
      projections: width ** 2,
      // However few the examples of a run are, its result is as long.
      vectors: PASSES_TO_DRAW + 8 * each + 3 * width + PASSES_OF_RUN * (runs.wideProducts + runs.wideGradients),
    });
  },
  // The point twice, a vector and its image; the gradients of some examples, here and side by side in the engine; or a basis of what
  // moves the outputs.
  bytes: (problem) => {
    const each = Math.min(DRAWN, problem.examples);
    const basis = tracesByOutputs(problem) ? sizeOf(problem.outputShape) + 2 : 0;
    return bytesOfVectors(problem.space.dimension, 1 + 2 + Math.max(3 + 2 * each, basis));
  },
  measure: async ({ oracle, random, context }) => {
    const limit = LIMIT[oracle.options.precision];
    const chosen = drawn(oracle, random.split("examples"));
    let found: Measurement | undefined;
    // Where an example lies on a kink, rounding may make it another function alone than among others.
    for (const { part, point } of nearbyPoints(oracle, oracle.point.parameters, random.split("points"))) {
      try {
        const here = await worstAt(oracle, point, { chosen, random, context, limit });
        if (!found || here.measured < found.measured) found = here;
      } catch (error) {
        if (part === 0 || !isNotFinite(error)) throw error;
      }
      if (found && found.measured <= limit) break;
    }
    return found ?? { measured: 0, detail: DETAIL, undecided: true };
  },
};

interface Trial {
  readonly chosen: Int32Array;
  readonly random: RandomStream;
  readonly context: RunContext;
  readonly limit: number;
}

async function worstAt(problem: Problem, theta: Float64Array, trial: Trial): Promise<Measurement> {
  let measured = 0;
  let detail = DETAIL;
  // One after the other: what the first holds is large where the network is.
  for (const differences of [ofGradients, ofTrace]) {
    for await (const { what, error, size, rounding } of differences(problem, theta, trial)) {
      const plain = relative(error, size);
      const off = plain <= trial.limit ? plain : relative(Math.max(0, error - (await rounding())), size);
      if (off <= measured) continue;
      measured = off;
      if (off > trial.limit) detail = `${DETAIL} The error is in ${what}.`;
    }
  }
  return { measured, limit: trial.limit, detail };
}

/** Gradients of single examples, and what is made of them. Memory: one for each that was drawn, and some three vectors. */
async function* ofGradients(
  problem: Problem,
  theta: Float64Array,
  { chosen, random, context }: Trial,
): AsyncGenerator<Difference> {
  const v = unit(random.split("v"), problem.space.dimension);
  const members: Alone[] = [];
  for (const example of chosen) members.push(await alone(problem, theta, example, context));
  await using group = problem.onBatch(theta, chosen);
  const squares = await group.exampleGradientSquares(context);
  const along = await group.exampleDerivatives(v, context);
  const [product] = await group.product(empiricalFisherProduct, [v], context);
  const expected = new Float64Array(v.length);
  let [typical, spread] = [0, async () => 0];
  for (const [k, { gradient, rounding }] of members.entries()) {
    const length = norm2(gradient);
    const coefficient = dot(gradient, v);
    gradient.forEach((x, i) => (expected[i] += (coefficient * x) / members.length));
    typical += length ** 2 / members.length;
    const before = spread;
    spread = async () => (await before()) + (2 * length * (await rounding())) / members.length;
    yield {
      what: "the squared length of an example's gradient",
      error: Math.abs(squares[k] - length ** 2),
      size: length ** 2,
      rounding: async () => MARGIN * (await rounding()) * (2 * length + (await rounding())),
    };
    yield {
      what: "the derivative of an example's loss along a vector",
      error: Math.abs(along[k] - coefficient),
      size: Math.max(Math.abs(coefficient), length / Math.sqrt(v.length)),
      rounding: async () => MARGIN * (await rounding()),
    };
  }
  yield {
    what: "the empirical Fisher product",
    error: distance(product, expected),
    size: Math.max(norm2(expected), typical / Math.sqrt(v.length)),
    rounding: async () => MARGIN * (await spread()),
  };
}

/** The gradient of an example's own undivided loss. */
async function alone(problem: Problem, theta: Float64Array, example: number, context: RunContext): Promise<Alone> {
  const { l2 } = problem.options;
  let divisor = 1;
  const of = async (derive: (point: Point) => Promise<Float64Array>) => {
    await using point = problem.onBatch(theta, Int32Array.of(example));
    ({ divisor } = point.sample);
    const vector = await derive(point);
    for (let i = 0; i < vector.length; i++) vector[i] = divisor * (vector[i] - l2 * theta[i]);
    return vector;
  };
  const gradient = await of((point) => point.gradient(context));
  return {
    gradient,
    rounding: async () => {
      const moved = await of((point) => point.derivative(roundedGradient, undefined, context));
      // The L2 term is added and taken off in float64, whatever the arithmetic of the network.
      return (
        distance(moved, gradient) +
        divisor * l2 * norm2(theta) * roundoffOf("float64") +
        Math.sqrt(theta.length) * leastNormal(problem.options.precision)
      );
    },
  };
}

/**
 * tr G of one example, where a run computes it from the outputs: G = JᵀHJ is zero beside the span of the rows of J, so
 * that qᵀGq over an orthonormal basis of that span add up to its trace. Memory: the basis, a vector for each output.
 */
async function* ofTrace(
  problem: Problem,
  theta: Float64Array,
  { chosen: [example], context }: Trial,
): AsyncGenerator<Difference> {
  if (!tracesByOutputs(problem)) return;
  await using point = problem.onBatch(theta, Int32Array.of(example));
  const width = sizeOf(problem.outputShape);
  const q: Float64Array[] = [];
  let longest = 0;
  for (let output = 0; output < width; output++) {
    const cotangent = new Float64Array(width);
    cotangent[output] = 1;
    const row = await point.jacobianTransposed(cotangent, context);
    longest = Math.max(longest, norm2(row));
    extendBasis(q, row, 100 * Number.EPSILON * longest);
  }
  const { l2 } = problem.options;
  let trace = l2 * theta.length;
  for (const each of q) {
    const [product] = await point.product(gaussNewtonProduct, [each], context);
    trace += dot(each, product) - l2;
  }
  const { value, rounding = 0 } = await traceByOutputs(problem, point, 0.95, context);
  yield {
    what: "tr G from the outputs",
    error: Math.abs(value - trace),
    size: Math.abs(trace),
    rounding: async () => {
      let allowed = rounding;
      for (const each of q) allowed += norm2(await outputRounding(problem, point, each, context, gaussNewtonProduct));
      return allowed;
    },
  };
}

/** Whether runs compute tr G from the outputs. */
function tracesByOutputs(problem: Problem): boolean {
  const { exactLimit } = hessianMatrix.parameters.parse({});
  return needsOutputs(problem) === undefined && hasFewOutputs(problem, exactLimit);
}

/** Some examples that have a term in the loss. */
function drawn({ point }: Problem, random: RandomStream): Int32Array {
  const contributing = point.sample.contributing();
  const order = random.permutation(contributing.length).subarray(0, DRAWN);
  return Int32Array.from(order, (i) => contributing[i]).sort();
}
