import { withExamplesAt, withExamplesFirst } from "../data/examples-first.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ForwardNetwork, ForwardRun } from "../problem/forward-loss.ts";
import { ParameterSpace } from "../problem/parameter-space.ts";
import { unknownOutput } from "../problem/unknown-output.ts";
import type { FileSession } from "../runtime/file-session.ts";
import { nodeFileSession } from "../runtime/node-runtime.ts";
import { isFloat, type Shape, sizeOf, type Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { replacedTensors } from "./file-ways.ts";
import type { LoadedModel } from "./load-model.ts";
import { modelBytes } from "./read-model.ts";
import { rewriteFile } from "./rewrite-file.ts";

interface FileNetworkOptions {
  /** Tensors that count as parameters; those that the model proposes when absent. */
  readonly parameters: readonly string[] | undefined;
  readonly output: string | undefined;
  /** The axis of each input that counts examples. */
  readonly examplesAxes: ReadonlyMap<string, number>;
  /** The axis of the output that counts them; 0 when absent. */
  readonly outputExamplesAxis?: number;
  /** The only batch size that the file takes. */
  readonly fixed: number | undefined;
  readonly threads: number;
}

/**
 * An ONNX file that the runtime runs as it is, with other numbers in its weights: whatever operators it has, and in the
 * arithmetic that it is written for. The weights of a checkpoint that were put in stay beside those that are moved.
 *
 * Cost of opening it at other parameters: a copy of the file, and a session.
 */
export class FileNetwork implements ForwardNetwork {
  readonly space: ParameterSpace;
  readonly parameters: Float64Array;
  private readonly source: LoadedModel;
  private readonly options: FileNetworkOptions;
  private readonly bytes: Uint8Array;

  constructor(source: LoadedModel, options: FileNetworkOptions) {
    const { model } = source;
    const chosen = chosenParameters(model, options.parameters);
    this.source = source;
    this.options = options;
    this.space = new ParameterSpace(chosen.map(({ name, shape }) => ({ name, label: model.labels.get(name), shape })));
    this.parameters = this.space.flatten(new Map(chosen.map((each) => [each.name, each])));
    this.bytes = modelBytes(source);
  }

  /** @throws input errors `weights-not-replaceable`, `file-refused` */
  async at(theta: Float64Array): Promise<ForwardRun> {
    const { model, original = model, externalData } = this.source;
    const moved = withParameters(model, this.space.unflatten(theta, "float64"));
    const tensors = replacedTensors(moved, original);
    // A copy of the file lies nowhere, and finds nothing beside it.
    if (externalData.length > 0)
      for (const [name, { tensor }] of moved.graph.initializers)
        if (tensor && isFloat(tensor.dtype)) tensors.set(name, moved.tensors.get(name)?.tensor ?? tensor);
    const file = rewriteFile(this.bytes, { tensors });
    if (file === undefined) throw notReplaceable(model.file);
    const session = await nodeFileSession(file, { threads: this.options.threads });
    return { outputs: (inputs) => this.outputsOf(session, inputs), release: () => session.release() };
  }

  private async outputsOf(session: FileSession, inputs: Readonly<Record<string, Tensor>>): Promise<Tensor> {
    const { output = this.source.model.graph.outputs[0], examplesAxes, outputExamplesAxis = 0, fixed } = this.options;
    if (!session.outputs.includes(output)) throw unknownOutput(output, session.outputs);
    const [[count]] = Object.values(inputs).map(({ shape }) => shape);
    const feeds = new Map<string, { readonly shape: Shape; readonly data: Tensor["data"] }>();
    for (const { name } of session.inputs) {
      const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
      if (given === undefined) throw unfed(name, this.source.model);
      feeds.set(name, withExamplesAt(filledUp(given, fixed ?? count), examplesAxes.get(name) ?? 0));
    }
    const found = (await session.run(feeds, [output])).get(output);
    const whole: Tensor = {
      dtype: "float64",
      shape: found?.shape ?? [],
      data: Float64Array.from(found?.data ?? []),
    };
    return firstExamples(withExamplesFirst(whole, outputExamplesAxis), count, fixed ?? count);
  }
}

function withParameters(model: ModelFile, values: ReadonlyMap<string, Tensor>): ModelFile {
  const tensors = new Map(
    [...model.tensors].map(([name, stored]) => {
      const tensor = values.get(name);
      return [name, tensor ? { ...stored, tensor } : stored] as const;
    }),
  );
  return { ...model, tensors };
}

/** The first example again behind them until there are `size`. */
function filledUp(examples: Tensor, size: number): Tensor {
  const { dtype, shape, data } = examples;
  const [count, ...each] = shape;
  if (count === size) return examples;
  const width = sizeOf(each);
  const all = new Float64Array(size * width);
  all.set(data);
  for (let i = count; i < size; i++) all.set(data.subarray(0, width), i * width);
  return { dtype: isFloat(dtype) ? "float64" : dtype, shape: [size, ...each], data: all };
}

/** The outputs of the first examples of a batch that was filled up: rows that merge examples and positions belong to them in order. */
function firstExamples(outputs: Tensor, count: number, size: number): Tensor {
  const [rows = 0, ...each] = outputs.shape;
  if (count === size || rows % size !== 0) return outputs;
  const kept = (rows / size) * count;
  return { ...outputs, shape: [kept, ...each], data: outputs.data.subarray(0, kept * sizeOf(each)) };
}

function unfed(name: string, { file }: ModelFile): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "input-missing",
    message: `The data hold nothing for the input ${name} of ${file}.`,
    where: { file, input: name },
  });
}

function notReplaceable(file: string): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "weights-not-replaceable",
    message: `Other weights cannot be put into ${file}: one is no float32 or float64 tensor that its main graph stores.`,
    where: { file },
    hint: "Export the model in float32, with its weights as initialisers.",
  });
}
