import type { Dataset } from "../data/dataset.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { BatchFeeds } from "./batch-feeds.ts";
import { batchesOf } from "./batches.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Network } from "./network.ts";
import { noTerms } from "./no-terms.ts";
import type { ProblemOptions } from "./problem-options.ts";

interface SampleSurroundings {
  readonly runtime: Runtime;
  readonly budget: MemoryBudget;
  /** Whether the loss may have no term, as that of a mini-batch: it is 0 then. No when absent. */
  readonly mayBeEmpty?: boolean;
}

/** The examples that a loss is the mean (or sum) over: all of a problem, a mini-batch, a held-out set. */
export class Sample {
  readonly dataset: Dataset;
  /** Number of loss terms, by which a mean divides. */
  readonly terms: number;
  /** Number of predictions, which accuracy is a share of. */
  readonly predictions: number;
  readonly feeds: BatchFeeds;
  private readonly options: ProblemOptions;
  private readonly mayBeEmpty: boolean;
  /** Shape of the outputs of a batch of one. */
  private readonly single: Shape;
  private counted: Float64Array | undefined;

  /** Reads every label. @throws ThalwegError `no-examples`, `no-terms`, `label-outside-classes` */
  constructor(
    dataset: Dataset,
    { graph }: Network,
    options: ProblemOptions,
    { runtime, budget, mayBeEmpty = false }: SampleSurroundings,
  ) {
    if (dataset.examples === 0) {
      throw new ThalwegError({
        kind: "input",
        code: "no-examples",
        message: `The data "${dataset.name}" has no examples.`,
      });
    }
    const [rows, ...each] = graph.outputs.shape;
    // A model that merged examples and positions, [B·T, C], has T rows an example.
    this.single = [rows / graph.labels.shape[0], ...each];
    this.dataset = dataset;
    this.options = options;
    this.mayBeEmpty = mayBeEmpty;
    [this.terms, this.predictions] = this.countTerms();
    this.feeds = new BatchFeeds(dataset, runtime, options.precision, budget);
  }

  get examples(): number {
    return this.dataset.examples;
  }

  /** What a mean divides by; 1 where there is no term, whose sum is 0. */
  get divisor(): number {
    return this.isMean ? this.terms || 1 : 1;
  }

  /** Whether the loss is a mean over its terms; else it is their sum. */
  get isMean(): boolean {
    return this.options.reduction === "mean";
  }

  /** Number of loss terms of every example; labels are read for it where it hangs on them, once. */
  get termsByExample(): Float64Array {
    return (this.counted ??=
      this.options.loss.countTerms === undefined
        ? new Float64Array(this.examples).fill(this.terms / this.examples)
        : Float64Array.from({ length: this.examples }, (_, i) => this.termsOf(i)));
  }

  /** The examples that have a term in the loss, by index: those whose labels are all ignored have none. */
  contributing(): Int32Array {
    const { dataset, options } = this;
    const every = Int32Array.from({ length: dataset.examples }, (_, i) => i);
    if (options.loss.countTerms === undefined) return every;
    const terms = this.termsByExample;
    return every.filter((i) => terms[i] > 0 || (options.loss.hasWeightlessLosses === true && this.hasLabel(i)));
  }

  /**
   * rᵢ = mᵢ/m̄ of chosen examples that have all the terms, mᵢ those of example i: how much each counts in the mean beside the
   * average one. Undefined where all count alike, as they do in a sum.
   */
  countsOf(examples: Int32Array): Float64Array | undefined {
    if (!this.isMean || this.options.loss.countTerms === undefined) return undefined;
    const terms = this.termsByExample;
    if (examples.every((i) => terms[i] === terms[examples[0]])) return undefined;
    return Float64Array.from(examples, (i) => (terms[i] * examples.length) / this.terms);
  }

  /** Number of loss terms of one example. */
  termsOf(example: number): number {
    const { loss, lossOptions } = this.options;
    return loss.terms(this.dataset.y(example, example + 1), this.single, lossOptions);
  }

  /** Whether an example has a label that is not left out, whatever it weighs. */
  private hasLabel(example: number): boolean {
    const { loss, lossOptions } = this.options;
    return (loss.predictions?.(this.dataset.y(example, example + 1), this.single, lossOptions) ?? 0) > 0;
  }

  private countTerms(): [terms: number, predictions: number] {
    const { dataset } = this;
    const { loss, lossOptions, batchSize } = this.options;
    const [rows, ...each] = this.single;
    let [terms, predictions] = [0, 0];
    for (const { start, end } of batchesOf({ start: 0, end: dataset.examples }, batchSize)) {
      const labels = dataset.y(start, end);
      const shape = [(end - start) * rows, ...each];
      loss.checkLabels?.(labels, shape, lossOptions, start);
      const added = loss.terms(labels, shape, lossOptions);
      terms += added;
      predictions += loss.predictions?.(labels, shape, lossOptions) ?? added;
    }
    if (terms > 0) return [terms, predictions];
    if (this.mayBeEmpty) return [0, predictions];
    throw noTerms(dataset.examples);
  }
}
