import type { Dataset } from "../data/dataset.ts";
import { inputsOf } from "../graph/traverse.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { compileValues } from "../problem/compile-values.ts";
import { fedName } from "../problem/file-names.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Executable, Feed, Runtime } from "../runtime/runtime.ts";
import { inPrecision, isFloat, type Shape, type Tensor } from "../util/tensor.ts";
import { ExamplesProbe, type ParameterValues } from "./examples-probe.ts";
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

/** Runs the imported graph as it stands on a few real examples, in batches of any size and at any parameters. */
export class OutputProbe extends ExamplesProbe {
  private readonly options: OutputProbeOptions;
  private readonly compiled = new Map<number, Promise<Compiled>>();

  constructor(options: OutputProbeOptions) {
    const { importing } = options;
    super({ ...options, parameters: importing.parameters, precision: importing.precision });
    this.options = options;
  }

  async run(examples: readonly number[], at: ParameterValues): Promise<{ shape: Shape; values: Float64Array }> {
    const { runtime } = this.options;
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
      for (const [name, tensor] of this.inputsOf(examples))
        if (inputs.has(fedName(name))) feeds.set(fedName(name), feed(tensor));
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
