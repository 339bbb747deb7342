import { z } from "zod";
import { rowsOf } from "../linalg/kronecker.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { type InvertibleOperator, type LayerBlock, layeredOperator } from "../operators/layered-operator.ts";
import type { LayerFactors } from "../problem/layer-factors.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import { type OptionsOf, readOptions } from "../util/options.ts";
import type { RunContext } from "../util/run-context.ts";
import type { FloatType } from "../util/tensor.ts";
import { pointOf } from "./point-of.ts";
import { checkedContext, contextOption } from "./run-options.ts";

const layeredOptions = z.object({
  /** What is made of weights that act at many places of an example; default "expand". */
  sharing: z.enum(["expand", "reduce"]).default("expand"),
  context: contextOption,
});

/**
 * The Kronecker-factored Gauss–Newton matrix (K-FAC): for each layer y = W(x, 1) the block G ⊗ A, A the mean of xxᵀ over
 * examples and places, G what Σ Jᵀ(∂²ℓ/∂z²)J has in y (for cross-entropy and squared error the expectation of ∂ℓ/∂y ∂ℓ/∂yᵀ over the
 * model's own labels), summed over places and divided as the loss is; exact for deep linear networks under squared error. With `sharing: "reduce"` A is of the mean of x over the places of
 * an example and G of the sum of ∂ℓ/∂y over them, which is exact where outputs are means over places (Eschenhagen et al. 2023).
 * Layers are matrix products, ungrouped convolutions and embeddings of fewer than 4 096 columns, where weights are used side by side all together; other
 * parameters have the exact diagonal of {@link gaussNewtonDiagonal}. An L2 term adds its λ. `inverse(δ)` is exact: the eigenvectors
 * of the factors are those of the block (Martens & Grosse 2015; convolutions: Grosse & Martens 2016).
 *
 * Cost: two to four gradients for each output of an example, and 12 n³ flops for each factor of size n.
 *
 * @throws usage errors `bad-argument`, `too-many-outputs`; input error `no-outputs`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const matrix = await kfac(problem);
 * const [step] = await matrix.inverse(1e-3).apply([await gradient(problem)]);
 * step.length; // → 2410
 */
export async function kfac(
  place: Problem | Point,
  options: OptionsOf<typeof layeredOptions> = {},
): Promise<InvertibleOperator> {
  const point = pointOf("kfac", place);
  const { context, sharing } = readOptions("kfac", layeredOptions, options);
  const checked = checkedContext("kfac", context);
  const { layers } = await point.layerFactors(checked, sharing);
  return operatorOf(point, "K-FAC", layers.map(kroneckerBlock), checked);
}

/**
 * The same with corrected eigenvalues (EKFAC): in the eigenvectors of K-FAC's factors the block of a layer has the diagonal
 * that the Gauss–Newton matrix has there. Of all matrices that are diagonal in these vectors it is the nearest in the Frobenius
 * norm (George et al. 2018). Eigenvectors of equal eigenvalues are anybody's; they share their mean, which is not.
 *
 * Cost: as {@link kfac}, and two gradients of every single example for each of its outputs.
 *
 * @throws usage errors `bad-argument`, `too-many-outputs`; input error `no-outputs`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const matrix = await ekfac(problem);
 * matrix.symmetric; // → true
 */
export async function ekfac(
  place: Problem | Point,
  options: OptionsOf<typeof layeredOptions> = {},
): Promise<InvertibleOperator> {
  const point = pointOf("ekfac", place);
  const { context, sharing } = readOptions("ekfac", layeredOptions, options);
  const checked = checkedContext("ekfac", context);
  const { layers } = await point.layerFactors(checked, sharing);
  const blocks = layers.map(kroneckerBlock);
  const bases = blocks.map(({ left, right }, i) => ({
    layer: layers[i].layer,
    left: rowsOf(left.vectors),
    right: rowsOf(right.vectors),
  }));
  const curvatures = await point.turnedDiagonals(bases, checked);
  const corrected = blocks.map((block, i) => ({ ...block, curvatures: shared(block, curvatures[i], point.precision) }));
  return operatorOf(point, "EKFAC", corrected, checked);
}

/** G ⊗ A by the eigenvectors of both. */
function kroneckerBlock({ places, inputs, outputs, rows, columns }: LayerFactors): LayerBlock {
  const left = symmetricEigen(outputs, rows, true);
  const right = symmetricEigen(inputs, columns, true);
  const curvatures = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    // A is a mean of squares: what is below 0 is rounding.
    for (let k = 0; k < columns; k++) curvatures[i * columns + k] = left.values[i] * Math.max(0, right.values[k]);
  return { places, left, right, curvatures };
}

/** Eigenvalues nearer than this share of the largest are told apart by rounding alone, as are their eigenvectors. */
const EQUAL: Readonly<Record<FloatType, number>> = { float32: 1e-6, float64: 1e-12 };

/** The mean of the curvatures over the products of eigenvectors whose eigenvalues are equal on both sides. */
function shared({ left, right }: LayerBlock, curvatures: Float64Array, precision: FloatType): Float64Array {
  const [rows, columns] = [left, right].map(({ values }) => runsOf(values, EQUAL[precision]));
  const result = new Float64Array(curvatures.length);
  for (const [firstRow, endRow] of rows)
    for (const [first, end] of columns) {
      let sum = 0;
      for (let i = firstRow; i < endRow; i++)
        for (let k = first; k < end; k++) sum += curvatures[i * right.values.length + k];
      const mean = sum / ((endRow - firstRow) * (end - first));
      for (let i = firstRow; i < endRow; i++)
        result.fill(mean, i * right.values.length + first, i * right.values.length + end);
    }
  return result;
}

/** From where to where sorted values are as near to the first of them as a share of the largest. */
function runsOf(values: Float64Array, share: number): (readonly [first: number, end: number])[] {
  const near = share * Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
  const starts = [0];
  for (const [i, value] of values.entries())
    if (Math.abs(value - values[starts[starts.length - 1]]) > near) starts.push(i);
  return starts.map((first, i) => [first, starts[i + 1] ?? values.length]);
}

async function operatorOf(
  point: Point,
  name: string,
  blocks: readonly LayerBlock[],
  context: RunContext,
): Promise<InvertibleOperator> {
  const { dimension, precision, l2 } = point;
  const covered = new Uint8Array(dimension);
  for (const { places } of blocks) for (const at of places) covered[at] = 1;
  const diagonal = covered.includes(0)
    ? (await point.gaussNewtonDiagonal(context)).map((x) => x - l2)
    : new Float64Array(dimension);
  return layeredOperator({ name, dimension, precision, blocks, diagonal, l2 });
}

/**
 * The diagonal of the Gauss–Newton matrix, exactly, as a vector in the order of `problem.space`: Σ_e (Jᵢᵀe)∘(JᵢᵀHᵢe) over the
 * unit vectors e of the outputs, example by example (BackPACK's `DiagGGNExact`: Dangel et al. 2020). For a sampled one see
 * `diagonal(gaussNewton(problem))`, which costs less where an example has many outputs.
 *
 * Cost: two gradients of every single example for each of its outputs.
 *
 * @throws usage error `bad-argument`; input error `no-outputs`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100, precision: "float64" });
 * const entries = await gaussNewtonDiagonal(problem);
 * const unit = new Float64Array(2410);
 * unit[2409] = 1;
 * const [column] = await gaussNewton(problem).apply([unit]);
 * Math.abs(entries[2409] - column[2409]) < 1e-12; // → true
 */
export function gaussNewtonDiagonal(place: Problem | Point, context?: RunContext): Promise<Float64Array> {
  return pointOf("gaussNewtonDiagonal", place).gaussNewtonDiagonal(checkedContext("gaussNewtonDiagonal", context));
}
