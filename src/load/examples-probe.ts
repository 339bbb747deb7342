import type { Dataset } from "../data/dataset.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { allocate, type FloatType, type Shape, sizeOf, type Tensor } from "../util/tensor.ts";
import type { OutputObserver, OutputSamples } from "./output-evidence.ts";

export interface ExamplesProbeOptions {
  readonly model: ModelFile;
  readonly dataset: Dataset;
  /** Tensors that count as parameters; those that the model proposes when absent. */
  readonly parameters: readonly string[] | undefined;
  /** The arithmetic that it is run in. */
  readonly precision: FloatType;
  /** The only batch size that the model takes. */
  readonly fixed?: number;
  readonly random: RandomStream;
}

/** Values of the parameters by name. */
export type ParameterValues = ReadonlyMap<string, Float64Array>;

/** Examples of a batch. */
export const BATCH = 5;
/** Examples whose outputs are looked at, and other parameters at which they are. */
const EXAMPLES = 30;
const ELSEWHERE = 12;
/** How far the parameters are moved, in their own size: what is bounded by chance is not so far away. */
const MOVES = [1, 30, 1000];

/** Looks at a network on a few real examples, in batches of any size and at any parameters, whoever runs it. */
export abstract class ExamplesProbe implements OutputObserver {
  protected readonly dataset: Dataset;
  private readonly asked: ExamplesProbeOptions;
  private atHome: Promise<OutputSamples> | undefined;
  private atOthers: Promise<OutputSamples> | undefined;
  /** Examples of a batch. */
  readonly batch: number;
  readonly precision: FloatType;

  constructor(options: ExamplesProbeOptions) {
    this.asked = options;
    this.dataset = options.dataset;
    this.precision = options.precision;
    this.batch = options.fixed ?? Math.min(BATCH, options.dataset.examples);
  }

  /** The outputs of one batch, examples first. */
  abstract run(examples: readonly number[], at: ParameterValues): Promise<{ shape: Shape; values: Float64Array }>;

  /** Whether the model takes no other batch size. */
  get isFixed(): boolean {
    return this.asked.fixed !== undefined;
  }

  home(): Promise<OutputSamples> {
    this.atHome ??= this.samples(this.spread(EXAMPLES), [this.parameters()]);
    return this.atHome;
  }

  elsewhere(): Promise<OutputSamples> {
    const { random } = this.asked;
    const points = Array.from({ length: ELSEWHERE }, (_, i) =>
      this.moved(MOVES[i % MOVES.length], random.split(`elsewhere ${i}`)),
    );
    this.atOthers ??= this.samples(this.spread(this.batch), points);
    return this.atOthers;
  }

  /** Up to `count` examples from all over the data, in a random order, in whole batches. */
  spread(count: number): number[] {
    const { dataset, random } = this.asked;
    const whole = Math.max(1, Math.floor(Math.min(count, dataset.examples) / this.batch)) * this.batch;
    const all = random.split("examples").permutation(whole);
    return Array.from(all, (i) => Math.floor((i * dataset.examples) / whole));
  }

  /** The parameters to differentiate with respect to, as the file holds them. */
  parameters(): ParameterValues {
    const { model, parameters } = this.asked;
    return new Map(chosenParameters(model, parameters).map(({ name, data }) => [name, new Float64Array(data)]));
  }

  /** Parameters moved at random by `size` times the root mean square of each tensor; one of zeros by `size`. */
  moved(size: number, random: RandomStream): ParameterValues {
    const { model, parameters } = this.asked;
    return new Map(
      chosenParameters(model, parameters).map(({ name, data }) => {
        let sum = 0;
        for (let i = 0; i < data.length; i++) sum += data[i] * data[i];
        const square = sum / Math.max(1, data.length);
        const step = size * (square > 0 ? Math.sqrt(square) : 1);
        const moved = random.split(name).normalVector(data.length);
        for (let i = 0; i < moved.length; i++) moved[i] = data[i] + step * moved[i];
        return [name, moved];
      }),
    );
  }

  /** The inputs of some examples as one batch. */
  protected inputsOf(examples: readonly number[]): Map<string, Tensor> {
    const rows = examples.map((i) => this.dataset.batch(i, i + 1).inputs);
    return new Map(this.dataset.inputs.map(({ name }) => [name, stacked(rows.map((row) => row[name]))]));
  }

  private async samples(examples: readonly number[], points: readonly ParameterValues[]): Promise<OutputSamples> {
    const batches: Float64Array[] = [];
    const ran: (readonly number[])[] = [];
    let shape: Shape = [];
    for (const point of points) {
      for (let at = 0; at < examples.length; at += this.batch) {
        const rows = examples.slice(at, at + this.batch);
        const found = await this.run(rows, point);
        ({ shape } = found);
        if (!found.values.every(Number.isFinite)) continue;
        batches.push(found.values);
        ran.push(rows);
      }
    }
    return { shape, batches, examples: ran };
  }
}

function stacked(rows: readonly Tensor[]): Tensor {
  const [{ dtype, shape }] = rows;
  const each = sizeOf(shape);
  const data = allocate(dtype, rows.length * each);
  rows.forEach((row, i) => data.set(row.data, i * each));
  return { dtype, shape: [rows.length, ...shape.slice(1)], data };
}
