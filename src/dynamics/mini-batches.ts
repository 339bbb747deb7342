import type { Batch, Dataset } from "../data/dataset.ts";
import { takeExamples } from "../data/take-examples.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { allocate, sizeOf, type Tensor } from "../util/tensor.ts";

/** Numbers of a dataset up to which it is read once and kept. */
const KEPT_ELEMENTS = 2 ** 27;

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

/** Chosen examples of a dataset, read from memory where it fits there. */
export function exampleReader(dataset: Dataset): (indices: Uint32Array) => Batch {
  const each = [...dataset.inputs, dataset.labels].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (each * dataset.examples > KEPT_ELEMENTS)
    return (indices) => takeExamples(dataset, Int32Array.from(indices)).batch(0, indices.length);
  const all = dataset.batch(0, dataset.examples);
  return (indices) => ({
    inputs: Object.fromEntries(Object.entries(all.inputs).map(([name, whole]) => [name, rowsOf(whole, indices)])),
    y: rowsOf(all.y, indices),
  });
}

function rowsOf({ dtype, shape: [, ...each], data }: Tensor, indices: Uint32Array): Tensor {
  const size = sizeOf(each);
  const rows = allocate(dtype, indices.length * size);
  indices.forEach((index, row) => rows.set(data.subarray(index * size, (index + 1) * size), row * size));
  return { dtype, shape: [indices.length, ...each], data: rows };
}
