import type { Dataset } from "../data/dataset.ts";
import { inputsOf } from "../graph/traverse.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { compileValues } from "../problem/compile-values.ts";
import { fedName } from "../problem/file-names.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Executable, Feed, Runtime } from "../runtime/runtime.ts";
import { allocate, inPrecision, isFloat, sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import type { OutputObserver, OutputSamples } from "./output-evidence.ts";
import { type Importing, probeAt } from "./probe-network.ts";

export interface OutputProbeOptions {
  readonly model: ModelFile;
  readonly dataset: Dataset;
  readonly runtime: Runtime;
  readonly importing: Importing;
  readonly output?: string;
  /** The only batch size that the model takes. */
  readonly fixed?: number;
  readonly random: RandomStream;
}

interface Compiled {
  readonly executable: Executable;
  readonly shape: Shape;
  readonly inputs: ReadonlySet<string>;
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

/** Runs the network as it stands on a few real examples, in batches of any size and at any parameters. */
export class OutputProbe implements OutputObserver {
  private readonly options: OutputProbeOptions;
  private readonly compiled = new Map<number, Promise<Compiled>>();
  private atHome: Promise<OutputSamples> | undefined;
  private atOthers: Promise<OutputSamples> | undefined;
  /** Examples of a batch. */
  readonly batch: number;

  constructor(options: OutputProbeOptions) {
    this.options = options;
    this.batch = options.fixed ?? Math.min(BATCH, options.dataset.examples);
  }

  /** Whether the model takes no other batch size. */
  get isFixed(): boolean {
    return this.options.fixed !== undefined;
  }

  get precision(): FloatType {
    return this.options.importing.precision;
  }

  home(): Promise<OutputSamples> {
    this.atHome ??= this.samples(this.spread(EXAMPLES), [this.parameters()]);
    return this.atHome;
  }

  elsewhere(): Promise<OutputSamples> {
    const { random } = this.options;
    const points = Array.from({ length: ELSEWHERE }, (_, i) =>
      this.moved(MOVES[i % MOVES.length], random.split(`elsewhere ${i}`)),
    );
    this.atOthers ??= this.samples(this.spread(this.batch), points);
    return this.atOthers;
  }

  /** Up to `count` examples from all over the data, in a random order, in whole batches. */
  spread(count: number): number[] {
    const { dataset, random } = this.options;
    const whole = Math.max(1, Math.floor(Math.min(count, dataset.examples) / this.batch)) * this.batch;
    const all = random.split("examples").permutation(whole);
    return Array.from(all, (i) => Math.floor((i * dataset.examples) / whole));
  }

  /** The parameters to differentiate with respect to, as the file holds them. */
  parameters(): ParameterValues {
    const { model, importing } = this.options;
    return new Map(
      chosenParameters(model, importing.parameters).map(({ name, data }) => [name, Float64Array.from(data)]),
    );
  }

  /** Parameters moved at random by `size` times the root mean square of each tensor; one of zeros by `size`. */
  moved(size: number, random: RandomStream): ParameterValues {
    return new Map(
      [...this.parameters()].map(([name, values]) => {
        const square = values.reduce((sum, x) => sum + x * x, 0) / Math.max(1, values.length);
        const step = size * (square > 0 ? Math.sqrt(square) : 1);
        const noise = random.split(name).normalVector(values.length);
        return [name, values.map((x, i) => x + step * noise[i])];
      }),
    );
  }

  /** The outputs of one batch, examples first. */
  async run(examples: readonly number[], at: ParameterValues): Promise<{ shape: Shape; values: Float64Array }> {
    const { runtime, dataset } = this.options;
    const { executable, shape, inputs } = await this.compile(examples.length);
    const feeds = new Map<string, Feed>();
    const feed = ({ dtype, shape: of, data }: Tensor) =>
      isFloat(dtype)
        ? runtime.feed({ dtype: this.precision, shape: of, data: inPrecision(data, this.precision) })
        : runtime.feed({ dtype, shape: of, data });
    try {
      for (const [name, data] of at) {
        const of = this.options.model.tensors.get(name)?.tensor?.shape;
        if (of && inputs.has(fedName(name))) feeds.set(fedName(name), feed({ dtype: "float64", shape: of, data }));
      }
      const rows = examples.map((i) => dataset.batch(i, i + 1).inputs);
      for (const { name } of dataset.inputs)
        if (inputs.has(fedName(name))) feeds.set(fedName(name), feed(stacked(rows.map((row) => row[name]))));
      const outputs = await executable.run(feeds);
      return { shape, values: Float64Array.from(outputs.get("outputs")?.data ?? []) };
    } finally {
      for (const each of feeds.values()) each.release();
    }
  }

  async close(): Promise<void> {
    for (const pending of this.compiled.values()) await (await pending.catch(() => undefined))?.executable.release();
    this.compiled.clear();
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

  private compile(size: number): Promise<Compiled> {
    const known = this.compiled.get(size);
    if (known) return known;
    const pending = this.build(size);
    this.compiled.set(size, pending);
    return pending;
  }

  private async build(size: number): Promise<Compiled> {
    const { runtime, importing } = this.options;
    const { outputs } = probeAt(this.options, size);
    const target = { precision: importing.precision, portable: false, blockSize: await runtime.blockSize() };
    const executable = await compileValues(new Map([["outputs", outputs]]), target, runtime);
    return { executable, shape: outputs.shape, inputs: new Set(inputsOf([outputs]).keys()) };
  }
}

function stacked(rows: readonly Tensor[]): Tensor {
  const [{ dtype, shape }] = rows;
  const each = sizeOf(shape);
  const data = allocate(dtype, rows.length * each);
  rows.forEach((row, i) => data.set(row.data, i * each));
  return { dtype, shape: [rows.length, ...shape.slice(1)], data };
}
