import { pullback } from "../autodiff/pullback.ts";
import { pushforward } from "../autodiff/pushforward.ts";
import { mul } from "../ops/arithmetic.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { inPrecision, isFloat, type Shape, sizeOf, type Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { addMultiple } from "./accumulate.ts";
import type { Feeds } from "./batch-feeds.ts";
import type { BatchRange } from "./batches.ts";
import type { Computation } from "./computation.ts";
import { requireOutputs } from "./derivatives/require-outputs.ts";
import { normalized } from "./in-range.ts";
import { LABELS } from "./loss-graph.ts";
import type { BatchRun, VisitBatch } from "./point-batches.ts";
import { EXAMPLE_GRADIENT_SQUARES } from "./point-computations.ts";
import type { PointMachinery } from "./point-machinery.ts";
import { adder, eachExample } from "./point-sums.ts";
import type { Sample } from "./sample.ts";
import { requireExamples } from "./require-examples.ts";

/** What is asked of a point from whose own distribution labels are drawn. */
interface Evaluated {
  readonly examples: number;
  readonly l2: number;
  readonly sample: Pick<Sample, "divisor" | "dataset">;
  outputs(context: RunContext): Promise<Float64Array>;
  eachBatch(computation: Computation, context: RunContext, visit: VisitBatch, more?: BatchRun): Promise<void>;
}

/** Σ gᵢ (gᵢᵀv), divided as the loss is, with gᵢ the gradient of example i at the labels that are fed. */
const PRODUCT: Computation = {
  name: "sampled Fisher product",
  build: (loss, vectors) => {
    requireOutputs(loss, "Fisher matrix");
    const [tangent] = pushforward([loss.perExample], loss.parameters, vectors);
    return pullback([loss.perExample], [mul(tangent, loss.scale)], loss.parameters);
  },
};

/**
 * The Fisher matrix with the expectation over the model's own labels taken by drawing them: (1/K) Σ_k Σᵢ gᵢₖ gᵢₖᵀ, divided
 * as the loss is, gᵢₖ the gradient of example i at its k-th drawn labels. Its expectation is the Fisher matrix, of rank up to
 * K times the number of examples (Martens 2020, section 5).
 */
export class SampledFisher {
  /** Labels by draw: one tensor for each, examples first. */
  private readonly draws: readonly Tensor[];
  private readonly point: Evaluated;
  private readonly machinery: PointMachinery;

  private constructor(point: Evaluated, machinery: PointMachinery, draws: readonly Tensor[]) {
    this.point = point;
    this.machinery = machinery;
    this.draws = draws;
  }

  /**
   * Draws the labels. Cost: one forward pass.
   *
   * @param shapeOf the shape of the outputs of so many examples
   * @throws input errors `no-outputs`; `no-likelihood`
   */
  static async drawn(
    point: Evaluated,
    machinery: PointMachinery,
    { draws, random }: { readonly draws: number; readonly random: RandomStream },
    context: RunContext,
    shapeOf: (examples: number) => Shape,
  ): Promise<SampledFisher> {
    requireExamples("sampled Fisher matrix", machinery.coupled);
    const { loss, lossOptions } = machinery.options;
    if (loss.draw === undefined) {
      throw new ThalwegError({
        kind: "input",
        code: "no-likelihood",
        message: `The loss ${loss.title} is not the negative log-likelihood of a known distribution, so no labels of the model's own are drawn from it.`,
        hint: "Use gauss-newton or empirical-fisher.",
      });
    }
    const outputs: Tensor = {
      dtype: "float64",
      shape: shapeOf(point.examples),
      data: await point.outputs(context),
    };
    const labels = point.sample.dataset.y(0, point.examples);
    const { draw } = loss;
    const drawn = Array.from({ length: draws }, (_, k) =>
      draw(outputs, labels, lossOptions, random.split(`draw ${k}`)),
    );
    if (!drawn.every(({ data }) => data.every(Number.isFinite)))
      throw new ThalwegError({
        kind: "input",
        code: "not-finite",
        message: `Labels of the model's own are not finite at these outputs, so no ${loss.title} Fisher matrix is sampled.`,
        hint: "Look at the outputs: their numbers are too large for the distribution of this loss.",
      });
    return new SampledFisher(point, machinery, drawn);
  }

  /** Products with vectors, with the λ of an L2 term. Cost: about two gradients for each draw. */
  async product(block: readonly Float64Array[], context: RunContext): Promise<Float64Array[]> {
    const { point, machinery, draws } = this;
    const units = block.map(normalized);
    const sums = block.map(({ length }) => new Float64Array(length));
    for (const labels of draws) {
      const found = block.map(({ length }) => new Float64Array(length));
      await point.eachBatch(PRODUCT, context, adder(machinery.space, found), {
        block: units.map(({ vector }) => vector),
        extra: (batch) => this.fed(labels, batch),
      });
      found.forEach((each, i) => addMultiple(sums[i], units[i].factor / draws.length, each));
    }
    if (point.l2 !== 0) sums.forEach((sum, i) => addMultiple(sum, point.l2, block[i]));
    return sums;
  }

  /**
   * ‖gᵢₖ‖² of each draw k for every example i, divided as the loss is and without an L2 term: their sum over the examples is the trace of the
   * matrix of the draw by itself. Cost: a gradient of every example for each draw.
   */
  async squares(context: RunContext): Promise<Float64Array[]> {
    const { point, machinery } = this;
    const found: Float64Array[] = [];
    for (const labels of this.draws) {
      const squares = new Float64Array(point.examples);
      await eachExample(
        point,
        machinery,
        EXAMPLE_GRADIENT_SQUARES,
        context,
        ({ start }, [each]) => each.data.forEach((x, i) => (squares[start + i] = x / point.sample.divisor)),
        { extra: (batch) => this.fed(labels, batch) },
      );
      found.push(squares);
    }
    return found;
  }

  private fed({ dtype, shape, data }: Tensor, { start, end }: BatchRange): Feeds {
    const { options, runtime } = this.machinery;
    const each = sizeOf(shape.slice(1));
    const part = data.slice(start * each, end * each);
    const isNumber = isFloat(dtype);
    const feed = runtime.feed({
      dtype: isNumber ? options.precision : dtype,
      shape: [end - start, ...shape.slice(1)],
      data: isNumber ? inPrecision(part, options.precision) : part,
    });
    return new Map([[LABELS, feed]]);
  }
}
