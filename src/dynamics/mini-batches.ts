import type { Batch, Dataset } from "../data/dataset.ts";
import { takeExamples } from "../data/take-examples.ts";
import { releaseAll } from "../problem/batch-feeds.ts";
import { fedName } from "../problem/file-names.ts";
import { LABELS } from "../problem/loss-graph.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Feed } from "../runtime/runtime.ts";
import { allocate, sizeOf, type Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Augment } from "./augmentations/augment.ts";

/** Numbers of a dataset up to which it is read once and kept. */
const KEPT_ELEMENTS = 2 ** 27;

/** Examples of a step where nothing else is asked for, and there are so many. */
const USUAL = 128;

/**
 * Examples of a step.
 *
 * @param asked a number, or "full" for all of them
 * @throws usage error `batch-too-large`
 */
export function batchSize(examples: number, asked: number | string | undefined): number {
  const size = asked === "full" ? examples : Number(asked ?? Math.min(USUAL, examples));
  if (size <= examples) return size;
  throw new ThalwegError({
    kind: "usage",
    code: "batch-too-large",
    message: `A batch of ${size} examples is asked for, and the data hold ${examples}.`,
    hint: "Give a smaller --batch, or --batch full for all of them.",
  });
}

/** The examples of each step: every epoch goes through all of them once, in an order of its own. */
export class Order {
  readonly examples: number;
  /** Examples of a step; the last step of an epoch takes what is left. */
  readonly batch: number;
  private readonly random: RandomStream;
  private known: { readonly epoch: number; readonly order: Uint32Array } | undefined;

  /** @param random split by epochs, so that the order of one hangs on no other */
  constructor(examples: number, batch: number, random: RandomStream) {
    this.examples = examples;
    this.batch = batch;
    this.random = random;
  }

  get stepsPerEpoch(): number {
    return Math.ceil(this.examples / this.batch);
  }

  /** The order of all examples; as the data have them where a batch holds all. */
  of(epoch: number): Uint32Array {
    if (this.known?.epoch === epoch) return this.known.order;
    const isWhole = this.batch >= this.examples;
    const order = isWhole
      ? Uint32Array.from({ length: this.examples }, (_, i) => i)
      : this.random.split(`epoch ${epoch}`).permutation(this.examples);
    this.known = { epoch, order };
    return order;
  }

  /** The examples of a step, from 0. */
  at(step: number): Uint32Array {
    const start = (step % this.stepsPerEpoch) * this.batch;
    return this.of(Math.floor(step / this.stepsPerEpoch)).subarray(start, Math.min(start + this.batch, this.examples));
  }
}

/** What a step reads. */
export interface StepExamples {
  /** By index. */
  readonly examples: Uint32Array;
  /** How they are moved, where they are. */
  readonly moved?: { readonly by: Augment; readonly random: RandomStream };
}

/** Examples as tables that steps pick their rows of. */
export interface ExampleTables {
  /** Inputs and labels, by the names that they are fed under. */
  readonly feeds: ReadonlyMap<string, Feed>;
  /** The rows of each step. */
  readonly rows: readonly ArrayLike<number>[];
  /** The labels of a step. */
  labels(step: number): Tensor;
  /** Frees tables that are of these steps alone. */
  release(): void;
}

/** The examples of a dataset for steps: all of them in tables that are kept, where they fit into memory. */
export class ExampleShelf {
  private readonly dataset: Dataset;
  private readonly feed: (tensor: Tensor) => Feed;
  private whole: { readonly feeds: ReadonlyMap<string, Feed>; readonly y: Tensor } | undefined;

  constructor(dataset: Dataset, feed: (tensor: Tensor) => Feed) {
    this.dataset = dataset;
    this.feed = feed;
  }

  /** Whether a step takes its rows from the tables of all examples, in their order there: else it has tables of its own. */
  isKept({ moved }: StepExamples): boolean {
    const { dataset } = this;
    const each = [...dataset.inputs, dataset.labels].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return moved === undefined && each * dataset.examples <= KEPT_ELEMENTS;
  }

  /** Those that are moved are read anew. */
  take(steps: readonly StepExamples[]): ExampleTables {
    const { dataset } = this;
    if (steps.every((step) => this.isKept(step))) {
      const { feeds, y } = (this.whole ??= this.tables(dataset.batch(0, dataset.examples)));
      return {
        feeds,
        rows: steps.map(({ examples }) => examples),
        labels: (step) => rowsOf(y, steps[step].examples),
        release: () => undefined,
      };
    }
    const chosen = Int32Array.from(steps.flatMap(({ examples }) => [...examples]));
    const batch = takeExamples(dataset, chosen).batch(0, chosen.length);
    let at = 0;
    const rows = steps.map(({ examples, moved }) => {
      const first = at;
      at += examples.length;
      moved?.by.move(batch.inputs[moved.by.input], first, at, moved.random);
      return Uint32Array.from(examples, (_, i) => first + i);
    });
    const { feeds, y } = this.tables(batch);
    return { feeds, rows, labels: (step) => rowsOf(y, rows[step]), release: () => releaseAll(feeds) };
  }

  private tables({ inputs, y }: Batch) {
    const named = Object.entries(inputs).map(([name, value]) => [fedName(name), value] as const);
    return { feeds: new Map([...named, [LABELS, y] as const].map(([name, value]) => [name, this.feed(value)])), y };
  }

  release(): void {
    if (this.whole) releaseAll(this.whole.feeds);
    this.whole = undefined;
  }
}

function rowsOf({ dtype, shape: [, ...each], data }: Tensor, indices: Uint32Array): Tensor {
  const size = sizeOf(each);
  const rows = allocate(dtype, indices.length * size);
  indices.forEach((index, row) => rows.set(data.subarray(index * size, (index + 1) * size), row * size));
  return { dtype, shape: [indices.length, ...each], data: rows };
}
