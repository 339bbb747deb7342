import { vectorize } from "../autodiff/vectorize.ts";
import { whereExamplesMeet } from "../graph/where-examples-meet.ts";
import { dependents, inputsOf, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { mul } from "../ops/arithmetic.ts";
import { gather } from "../ops/gather.ts";
import { matmul, rowsTimesMatrix, type RowsTimesMatrix } from "../ops/matmul.ts";
import { expand, reshape, transpose } from "../ops/structure.ts";
import type { RunContext } from "../util/run-context.ts";
import { allocate, sizeOf, tensor, type TensorData } from "../util/tensor.ts";
import type { Computation } from "./computation.ts";
import type { Product } from "./derivatives/derivative.ts";
import type { LossGraph } from "./loss-graph.ts";
import type { Point } from "./point.ts";

/** A weight matrix W of p × q with z = x W (or W of q × p with z = x Wᵀ): one row of x and z for each example. */
interface WeightUse extends RowsTimesMatrix {
  /** Number of the parameter tensor. */
  readonly index: number;
  /** x W: [examples, q]. */
  readonly z: Value;
}

/** The block of a matrix in parameter space that belongs to one weight matrix. */
export interface WeightBlock {
  /** Its first coordinate, and how many they are. */
  readonly start: number;
  readonly size: number;
  /** What it costs, counted in products. */
  readonly products: number;
  /** Adds row i, what a product with the i-th unit vector gives there, to the i-th of `rows`, [size] each. */
  addTo(rows: readonly Float64Array[]): Promise<void>;
}

/** Elements that pairs of inputs, or what each output brings about, may have for all examples of a batch. */
const MOST_ELEMENTS = 2 ** 25;

/** The block is to save as many times the products that it costs. */
const WORTH = 4;

/**
 * The block of a product's matrix that belongs to one weight matrix, the one that saves most, without a product for
 * each of its columns. With z = x W and M_r the same matrix in z of example r,
 *
 *   A_(ak)(bl) = Σ_r x_ra x_rb (M_r)_kl,
 *
 * since W reaches the loss through z alone and z_r reaches that of example r alone: the graph is looked through for
 * both. Where it does not show them there is no block (undefined), as where it is not worth its while.
 *
 * Cost: q products, and p (p + 1) q² multiplications an example.
 */
export function weightBlockOf(point: Point, product: Product, context: RunContext): WeightBlock | undefined {
  const { graph } = point.networkOf(point.batchSize);
  const use = bestUse(graph);
  if (!use) return undefined;
  const { offset, size } = point.space.tensors[use.index];
  const [p, q] = extentsOf(use);
  const widest = reachable([graph.perExample]).reduce((most, { shape }) => Math.max(most, sizeOf(shape)), 1);
  const elements = Math.max((point.batchSize * (p * (p + 1))) / 2, q * widest);
  if (elements > MOST_ELEMENTS || size < WORTH * q) return undefined;
  const computation = blockComputation(product, use.index);
  return {
    start: offset,
    size,
    products: q,
    async addTo(rows) {
      const add = use.transposed ? addByColumns : addByRows;
      await point.eachBatch(computation, context, (_batch, [{ data }]) => add(rows, data, p, q));
      if (product.regularised === "vector") rows.forEach((row, i) => (row[i] += point.l2));
    },
  };
}

/* Both add what one batch gives of the block, in the order in which its rows lie in memory. */

/** W of p × q: row (a, k), column (b, l), of [p (p + 1)/2, q²]. */
function addByRows(rows: readonly Float64Array[], data: TensorData, p: number, q: number): void {
  let at = 0;
  for (let a = 0; a < p; a++)
    for (let b = 0; b <= a; b++)
      for (let k = 0; k < q; k++) {
        const [lower, upper] = [rows[a * q + k], rows[b * q + k]];
        for (let l = 0; l < q; l++) {
          const x = data[at++];
          lower[b * q + l] += x;
          if (a !== b) upper[a * q + l] += x;
        }
      }
}

/** W of q × p: row (k, a), column (l, b), of [q², p (p + 1)/2]. */
function addByColumns(rows: readonly Float64Array[], data: TensorData, p: number, q: number): void {
  let at = 0;
  for (let k = 0; k < q; k++)
    for (let l = 0; l < q; l++)
      for (let a = 0; a < p; a++) {
        const row = rows[k * p + a];
        for (let b = 0; b < a; b++) {
          const x = data[at++];
          row[l * p + b] += x;
          rows[k * p + b][l * p + a] += x;
        }
        row[l * p + a] += data[at++];
      }
}

function extentsOf({ rows, z }: WeightUse): [number, number] {
  return [rows.shape[1], z.shape[1]];
}

/** Σ_r x_ra x_rb (M_r e_k)_l for b ≤ a: [q², p (p + 1)/2] where the matrix enters transposed, else [p (p + 1)/2, q²]. */
function blockComputation(product: Product, index: number): Computation {
  return {
    name: `${product.name}, block of a weight matrix`,
    build: (site) => {
      const use = useOf(site, index);
      if (!use) throw new RangeError("a weight matrix is used in one way at one batch size and in another at another");
      const { rows, z, transposed } = use;
      const { graph } = z;
      const [p, q] = extentsOf(use);
      const [examples] = z.shape;
      const unit = graph.input("single:thalweg:unit", z.dtype, [q]);
      const units = allocate(z.dtype, q * q);
      for (let k = 0; k < q; k++) units[k * q + k] = 1;
      const images = product.build({ ...site, parameters: [z] }, [expand(unit, [examples, q])]);
      const identity = graph.constant(tensor(z.dtype, [q, q], units));
      const [curvatures] = vectorize(images, new Map([[unit, identity]]), q);
      const pairs = Array.from({ length: p }, (_, a) => Array.from({ length: a + 1 }, (_each, b) => [a, b])).flat();
      const column = (side: number) => gather(rows, graph.integers(pairs.map((pair) => pair[side])), 1);
      const flat = reshape(transpose(curvatures, [1, 0, 2]), [examples, q * q]);
      const products = mul(column(0), column(1));
      return [
        matmul(...(transposed ? ([flat, products] as const) : ([products, flat] as const)), { transposeA: true }),
      ];
    },
  };
}

/** How a parameter is used, if that is once, as a matrix that rows are multiplied with, as many as there are examples. */
function useOf({ parameters, perExample }: LossGraph, index: number): WeightUse | undefined {
  const parameter = parameters[index];
  const [z, ...others] = reachable([perExample]).filter(({ inputs }) => inputs.includes(parameter));
  const product = others.length === 0 && z ? rowsTimesMatrix(z) : undefined;
  return product?.matrix === parameter && z.shape[0] === perExample.shape[0] ? { ...product, index, z } : undefined;
}

/** The use that saves most products, of those in which the graph shows one row of each example, mixed with no other. */
function bestUse(loss: LossGraph): WeightUse | undefined {
  const { parameters, perExample } = loss;
  const known = new Set(parameters);
  const data = new Map([...inputsOf([perExample])].filter(([, value]) => !known.has(value)));
  const ofExamples = dependents(reachable([perExample]), [...data.values()]);
  const uses = parameters.flatMap((_, index) => useOf(loss, index) ?? []).filter(({ rows }) => ofExamples.has(rows));
  const saved = (use: WeightUse) => {
    const [p, q] = extentsOf(use);
    return (p - 1) * q;
  };
  const [best] = uses.toSorted((a, b) => saved(b) - saved(a));
  if (best === undefined) return undefined;
  const meeting = whereExamplesMeet([best.z, perExample], new Set(data.keys()), perExample.shape[0]);
  return meeting ? undefined : best;
}
