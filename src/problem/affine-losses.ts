import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import { rebuild } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { dot } from "../linalg/vector.ts";
import { add, mul } from "../ops/arithmetic.ts";
import type { Feed } from "../runtime/runtime.ts";
import type { RunContext } from "../util/run-context.ts";
import { allocate, sizeOf, type Tensor } from "../util/tensor.ts";
import { releaseAll, type Feeds } from "./batch-feeds.ts";
import type { BatchRange } from "./batches.ts";
import type { Computation } from "./computation.ts";
import type { LossEstimate, LossValue, ValueBy } from "./loss-value.ts";
import type { Point } from "./point.ts";
import type { PointMachinery } from "./point-machinery.ts";
import { VALUE, VALUE_BY_EXAMPLE } from "./point-computations.ts";
import { productsWithData } from "./products-with-data.ts";
import type { Sample } from "./sample.ts";

/** Parts so many times as large as their sum lose more than a digit or so of it. */
const CANCELLED = 8;

/** Inner products of θ and the directions, tensor by tensor. */
function tensorGrams({ space }: PointMachinery, parts: readonly Float64Array[]): (readonly (readonly number[])[])[] {
  return space.tensors.map(({ offset, size }) => {
    const own = parts.map((part) => part.subarray(offset, offset + size));
    return own.map((x) => own.map((y) => dot(x, y)));
  });
}

/** What a product with data is at θ (0) or along direction k (k > 0). */
function partName(product: number, k: number): string {
  return `thalweg:product${product}.${k}`;
}

function coordinateName(k: number): string {
  return `thalweg:t${k}`;
}

/** Those products, for whatever parameters are fed. */
const PRODUCTS: Computation = { name: "products with data", build: productsWithData };

/** What is behind those products, which are put together from their parts. */
function behindProducts({ name, build }: Computation, axes: number): Computation {
  return {
    name: `${name} along ${axes} directions`,
    build: (site) => {
      const outputs = build(site, []);
      const products = new Map(productsWithData(site).map((value, i) => [value, i]));
      const graph = emptyGraphFor(outputs);
      const behind = rebuild(outputs, graph, (value) => {
        const product = products.get(value);
        if (product === undefined) return undefined;
        const { dtype, shape } = value;
        const part = (k: number): Value => graph.input(partName(product, k), dtype, shape);
        let sum = part(0);
        for (let k = 1; k <= axes; k++) sum = add(sum, mul(graph.input(coordinateName(k), dtype, []), part(k)));
        return sum;
      });
      return inspected("behind products", behind);
    },
  };
}

/** For one direction and for two. */
const BEHIND_PRODUCTS = [1, 2].map((axes) => ({
  value: behindProducts(VALUE, axes),
  byExample: behindProducts(VALUE_BY_EXAMPLE, axes),
}));

type Behind = (typeof BEHIND_PRODUCTS)[number];

/**
 * The loss at θ + Σ xᵢ vᵢ for many coordinates xᵢ along one or two directions. What is linear in the weights and sees the
 * data alone, the products of a first dense layer, is computed once at θ and once along each direction, and put together
 * at every point; the rest of the network runs as ever. Equal to the loss at that point up to rounding: where θ and the
 * directions cancel, what rounding leaves of the parts would be large beside their sum, and the weights of the point count.
 *
 * Memory: one output of the first layer for θ and for each direction, of all examples.
 */
export class AffineLosses {
  private readonly machinery: PointMachinery;
  private readonly parts: ReadonlyMap<number, Feeds>;
  private readonly bytes: number;
  private readonly behind: Behind;
  /** Inner products of θ (first) and the directions, for each tensor. */
  private readonly grams: readonly (readonly (readonly number[])[])[];

  private constructor(
    machinery: PointMachinery,
    behind: Behind,
    parts: ReadonlyMap<number, Feeds>,
    { bytes, grams }: { readonly bytes: number; readonly grams: AffineLosses["grams"] },
  ) {
    this.machinery = machinery;
    this.behind = behind;
    this.parts = parts;
    this.bytes = bytes;
    this.grams = grams;
  }

  /**
   * Computes the parts.
   *
   * @param at makes a point of the sample at other parameters
   * @returns undefined where the network has no such products, where there is no room for them, or where they are not finite
   */
  static async open(
    machinery: PointMachinery,
    sample: Sample,
    {
      origin,
      vectors,
      at,
    }: { origin: Float64Array; vectors: readonly Float64Array[]; at: (theta: Float64Array) => Point },
    context: RunContext,
  ): Promise<AffineLosses | undefined> {
    const { options, budget, runtime } = machinery;
    // What is kept of a batch is for runs on the same one, and memory that is bounded cuts each computation in its own way.
    if (options.runBytes !== undefined) return undefined;
    const behind = BEHIND_PRODUCTS.at(vectors.length - 1);
    const products = productsWithData(machinery.network(Math.min(options.batchSize, sample.examples)).graph);
    if (products.length === 0 || behind === undefined) return undefined;
    const perExample =
      products.reduce((sum, { shape }) => sum + sizeOf(shape), 0) / Math.min(options.batchSize, sample.examples);
    const bytes = perExample * sample.examples * (vectors.length + 1) * (options.precision === "float32" ? 4 : 8);
    // Half is left for whatever else is kept.
    if (bytes > budget.free / 2 || !budget.take(bytes)) return undefined;
    const parts = new Map<number, Map<string, Feed>>();
    let isFinite = true;
    try {
      for (const [k, theta] of [origin, ...vectors].entries()) {
        await using point = at(theta);
        await point.eachBatch(PRODUCTS, context, ({ start }, values) => {
          const feeds = parts.get(start) ?? new Map<string, Feed>();
          parts.set(start, feeds);
          values.forEach((value: Tensor, product) => {
            for (const x of value.data) if (!Number.isFinite(x)) isFinite = false;
            feeds.set(partName(product, k), runtime.feed(value));
          });
        });
      }
    } catch (error) {
      isFinite = false;
      throw error;
    } finally {
      if (!isFinite) {
        budget.give(bytes);
        for (const feeds of parts.values()) releaseAll(feeds);
      }
    }
    if (!isFinite) return undefined;
    return new AffineLosses(machinery, behind, parts, { bytes, grams: tensorGrams(machinery, [origin, ...vectors]) });
  }

  /** @param point at θ + Σ xᵢ vᵢ, for what is behind the products */
  value(point: Point, coordinates: readonly number[], context: RunContext): Promise<LossValue> {
    return this.behindParts(coordinates, this.behind.value, (by) => point.anyValue(context, by));
  }

  /** The same with its standard error over the draw of the examples. */
  estimate(point: Point, coordinates: readonly number[], context: RunContext): Promise<LossEstimate> {
    return this.behindParts(coordinates, this.behind.byExample, (by) => point.anyEstimate(context, by));
  }

  private async behindParts<T>(
    coordinates: readonly number[],
    computation: Computation,
    measure: (by: ValueBy) => Promise<T>,
  ): Promise<T> {
    const { runtime, options } = this.machinery;
    if (this.cancels(coordinates)) return measure({});
    const shared = new Map(
      coordinates.map((x, k) => {
        const data = allocate(options.precision, 1);
        data[0] = x;
        return [coordinateName(k + 1), runtime.feed({ dtype: options.precision, shape: [], data })];
      }),
    );
    try {
      return await measure({
        computation,
        shared,
        held: ({ start }: BatchRange) => this.parts.get(start) ?? new Map(),
      });
    } finally {
      releaseAll(shared);
    }
  }

  /** Whether some tensor at coordinates is much smaller than what it is put together from. */
  private cancels(coordinates: readonly number[]): boolean {
    const factors = [1, ...coordinates];
    return this.grams.some((gram) => {
      const parts = factors.reduce((sum, x, k) => sum + Math.abs(x) * Math.sqrt(gram[k][k]), 0);
      const square = factors.reduce(
        (sum, x, k) => sum + factors.reduce((row, other, l) => row + x * other * gram[k][l], 0),
        0,
      );
      // Written so that what is no number cancels.
      return parts !== 0 && !(parts * parts <= CANCELLED * CANCELLED * square);
    });
  }

  release(): void {
    this.machinery.budget.give(this.bytes);
    for (const feeds of this.parts.values()) releaseAll(feeds);
  }
}
