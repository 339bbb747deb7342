import { outputHessianVector } from "../autodiff/products.ts";
import { pullback } from "../autodiff/pullback.ts";
import type { Value } from "../graph/value.ts";
import { mul } from "../ops/arithmetic.ts";
import { cast } from "../ops/logic.ts";
import { concat } from "../ops/movement.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum, reshape, sumAll, transpose } from "../ops/structure.ts";
import { allocate, type Shape, sizeOf } from "../util/tensor.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Computation } from "./computation.ts";
import { columnsOf, type DenseLayer, denseLayers, unitsFirst } from "./dense-layers.ts";
import type { LossGraph } from "./loss-graph.ts";
import type { VisitBatch, BatchRun } from "./point-batches.ts";
import { COTANGENT, forEachExample } from "./point-computations.ts";
import type { PointMachinery } from "./point-machinery.ts";
import { eachExample } from "./point-sums.ts";
import type { Sample } from "./sample.ts";

/** What is asked of a point whose diagonal is taken. */
interface Evaluated {
  readonly examples: number;
  readonly l2: number;
  readonly batchSize: number;
  readonly sample: Pick<Sample, "divisor">;
  eachBatch(computation: Computation, context: RunContext, visit: VisitBatch, more?: BatchRun): Promise<void>;
}

/** A direction e in the outputs, which is fed, and He for H the Hessian of the loss in them: Σ_e (Jᵀe)(JᵀHe)ᵀ = JᵀHJ over unit vectors. */
export function outputWays({ outputs, labels, loss, options }: LossGraph): [Value, Value] {
  const direction = outputs.graph.input(COTANGENT, outputs.dtype, outputs.shape);
  const z = cast(outputs, "float64");
  const total = sumAll(loss.perTerm(z, labels, options));
  return [direction, cast(outputHessianVector(total, z, cast(direction, "float64")), outputs.dtype)];
}

/** Jᵀe and JᵀHe. */
function bothWays(site: LossGraph, wrt: readonly Value[]): Value[][] {
  return outputWays(site).map((each) => pullback([site.outputs], [each], wrt));
}

export const sumOfExamples = (value: Value) => reduceSum(value, [0]);

const DIAGONAL: Computation = forEachExample(
  "diagonal of the Gauss–Newton matrix",
  (one) => {
    const [plain, bent] = bothWays(one, one.parameters);
    return plain.map((part, i) => mul(part, bent[i]));
  },
  { after: sumOfExamples },
);

/** Name of the input that carries the eigenvectors, as rows, of a factor of a layer. */
const basisName = (layer: number, side: "left" | "right") => `thalweg:${side} basis ${layer}`;

/** A derivative in the weights and the bias of a layer as a matrix, a row for each unit and the bias in the last column. */
function matrixOf({ weightAxis, bias }: DenseLayer, [ofWeights, ofBias]: readonly Value[]): Value {
  const weights = unitsFirst(ofWeights, weightAxis);
  return bias ? concat([weights, reshape(ofBias, [weights.shape[0], 1])], 1) : weights;
}

const TURNED_DIAGONALS: Computation = forEachExample(
  "diagonals of the Gauss–Newton matrix in the eigenvectors of factors",
  (one) => {
    const layers = denseLayers(one);
    const moved = layers.map(({ weights, bias }) => [weights.value, ...(bias ? [bias.value] : [])]);
    const ways = bothWays(one, moved.flat());
    let at = 0;
    return layers.map((layer, i) => {
      const [start, end] = [at, (at += moved[i].length)];
      const [plain, bent] = ways.map((way) => {
        const matrix = matrixOf(layer, way.slice(start, end));
        const [rows, columns] = matrix.shape;
        const { graph, dtype } = matrix;
        const left = graph.input(basisName(i, "left"), dtype, [rows, rows]);
        const right = graph.input(basisName(i, "right"), dtype, [columns, columns]);
        return matmul(matmul(left, matrix), transpose(right, [1, 0]));
      });
      return mul(plain, bent);
    });
  },
  {
    common: (name) => name.startsWith("thalweg:left basis") || name.startsWith("thalweg:right basis"),
    after: sumOfExamples,
  },
);

/**
 * diag Σ Jᵀ(∂²ℓ/∂z²)J, exactly, divided as the loss is and with the λ of an L2 term: example by example and output by
 * output, as Σ_e (Jᵀe)∘(JᵀHe) over the unit vectors e of the outputs.
 *
 * Cost: about two gradients for each output of an example, and memory for a gradient of each example of a batch.
 *
 * @param shape of the outputs of one example
 */
export async function gaussNewtonDiagonal(
  point: Evaluated,
  machinery: PointMachinery,
  context: RunContext,
  shape: Shape,
): Promise<Float64Array> {
  const { space } = machinery;
  const diagonal = new Float64Array(space.dimension).fill(point.l2);
  await eachOutput(point, machinery, context, { shape, computation: DIAGONAL }, (_batch, values) =>
    space.tensors.forEach(({ offset }, i) =>
      values[i].data.forEach((x, j) => (diagonal[offset + j] += x / point.sample.divisor)),
    ),
  );
  return diagonal;
}

/** Eigenvectors of the two factors of a layer, as rows. */
export interface LayerBases {
  /** Which of `denseLayers` it is. */
  readonly layer: number;
  /** Of G, rows × rows. */
  readonly left: Float64Array;
  /** Of A, columns × columns. */
  readonly right: Float64Array;
}

/**
 * Of every layer the diagonal of its block of Σ Jᵀ(∂²ℓ/∂z²)J in the basis of the products uᵢvₖᵀ of given vectors:
 * E (uᵢᵀ ∂ℓ/∂W vₖ)² over the model's own labels, rows × columns (George et al. 2018). Divided as the loss is; without an
 * L2 term. Cost: as that of {@link gaussNewtonDiagonal}, and two products of matrices for each layer, example and output.
 */
export async function turnedDiagonals(
  point: Evaluated,
  machinery: PointMachinery,
  context: RunContext,
  { bases, shape }: { readonly bases: readonly LayerBases[]; readonly shape: Shape },
): Promise<Float64Array[]> {
  if (bases.length === 0) return [];
  const { options, runtime, network } = machinery;
  const { precision } = options;
  const sizes = denseLayers(network(point.batchSize).graph).map(columnsOf);
  const byLayer = new Map(bases.map((each) => [each.layer, each]));
  const feeds = new Map(
    sizes.flatMap(({ rows, columns }, i) => {
      // A layer that nobody asks about is turned into nothing.
      const { left, right } = byLayer.get(i) ?? { left: [], right: [] };
      return [turning(basisName(i, "left"), left, rows), turning(basisName(i, "right"), right, columns)];
    }),
  );
  function turning(name: string, vectors: ArrayLike<number>, n: number) {
    const data = allocate(precision, n * n);
    data.set(vectors);
    return [name, runtime.feed({ dtype: precision, shape: [n, n], data })] as const;
  }
  const found = sizes.map(({ rows, columns }) => new Float64Array(rows * columns));
  try {
    await eachOutput(point, machinery, context, { shape, computation: TURNED_DIAGONALS, feeds }, (_batch, values) =>
      found.forEach((scales, i) => values[i].data.forEach((x, j) => (scales[j] += x / point.sample.divisor))),
    );
  } finally {
    for (const feed of feeds.values()) feed.release();
  }
  return bases.map(({ layer }) => found[layer]);
}

/** A computation on every example by itself, for each unit vector of the outputs of one. */
export async function eachOutput(
  point: Pick<Evaluated, "examples" | "sample" | "eachBatch">,
  machinery: PointMachinery,
  context: RunContext,
  { shape, computation, feeds }: { shape: Shape; computation: Computation; feeds?: BatchRun["shared"] },
  visit: VisitBatch,
): Promise<void> {
  const { options, runtime } = machinery;
  for (let output = 0; output < sizeOf(shape); output++) {
    const data = allocate(options.precision, sizeOf(shape));
    data[output] = 1;
    const unit = runtime.feed({ dtype: options.precision, shape, data });
    try {
      await eachExample(point, machinery, computation, context, visit, {
        shared: new Map([...(feeds ?? []), [COTANGENT, unit]]),
      });
    } finally {
      unit.release();
    }
  }
}
