import { Graph } from "../graph/graph.ts";
import { inputNameOf } from "../graph/leaf.ts";
import type { Target } from "../graph/emitter.ts";
import { inputsOf } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { importGraph } from "../onnx/import-graph.ts";
import type { ImportOptions } from "../onnx/import-options.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { equal, where } from "../ops/logic.ts";
import { round } from "../ops/unary.ts";
import { compileValues } from "../problem/compile-values.ts";
import { fedName } from "../problem/file-names.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { inPrecision, isFloat, sizeOf, type FloatType, type Shape, type TensorData } from "../util/tensor.ts";

/** What is fed to a model: numbers by the names of the file. */
export type Feeding = ReadonlyMap<string, { readonly shape: Shape; readonly data: TensorData }>;

/** The outputs of an imported graph, to be computed at the weights of the file. */
export interface ImportedOutputs {
  readonly shapes: ReadonlyMap<string, Shape>;
  /** At the given inputs; with `noise`, every fraction that is fed is changed by this share of itself. */
  run(
    inputs: Feeding,
    noise?: { readonly size: number; readonly random: RandomStream },
  ): Promise<ReadonlyMap<string, TensorData>>;
  release(): Promise<void>;
}

/**
 * Imports a model and compiles all its outputs, as they are before any loss. With `stepwise` the noise is put on the
 * output of every node too: the graph then rounds where the file does, in the file's own form, since nothing can be
 * simplified across what is fed.
 */
export async function importedOutputs(
  model: ModelFile,
  options: Omit<ImportOptions, "precision">,
  precision: FloatType,
  runtime: Runtime,
  { stepwise = false } = {},
): Promise<ImportedOutputs> {
  const steps: Value[] = [];
  const { inputs, parameters, outputs } = importGraph(model, new Graph(), {
    ...options,
    precision,
    inputName: fedName,
    ...(stepwise && { standIn: (output, size) => rounded(output, size, steps) }),
  });
  const reachedSteps = [...inputsOf([...outputs.values()])].filter(([, input]) => steps.includes(input));
  const target: Target = { precision, portable: false, blockSize: await runtime.blockSize() };
  // Under numbers, since any name of the file may mean something to somebody.
  const numbered = [...outputs].map(([name, value], i) => ({ name, value, number: `output:${i}` }));
  const program = await compileValues(new Map(numbered.map((each) => [each.number, each.value])), target, runtime);
  return {
    shapes: new Map([...outputs].map(([name, { shape }]) => [name, shape])),
    async run(given, noise) {
      const fed = [...inputs, ...parameters].map(([name, value]) => {
        const data = given.get(name)?.data ?? model.tensors.get(name)?.tensor?.data;
        if (data === undefined) throw new RangeError(`nothing feeds ${name}`);
        const own = isFloat(value.dtype)
          ? inPrecision(noise ? shaken(data, noise.size, noise.random.split(name)) : data, precision)
          : data;
        const feed = runtime.feed({ dtype: value.dtype, shape: value.shape, data: own });
        return [inputNameOf(value) ?? name, feed] as const;
      });
      for (const [name, { shape }] of reachedSteps) {
        const size = sizeOf(shape);
        const data = noise
          ? noise.random
              .split(name)
              .rademacherVector(size)
              .map((sign) => sign * noise.size)
          : new Float64Array(size);
        fed.push([name, runtime.feed({ dtype: precision, shape, data: inPrecision(data, precision) })]);
      }
      try {
        const results = await program.run(new Map(fed));
        return new Map(
          numbered.flatMap(({ name, number }) => {
            const result = results.get(number);
            return result ? [[name, result.data] as const] : [];
          }),
        );
      } finally {
        for (const [, feed] of fed) feed.release();
      }
    },
    release: () => program.release(),
  };
}

/**
 * x + εx, ε fed for each element and added to `steps`; whole numbers are left alone, as {@link shaken} leaves them.
 * With a `size` x + εx + ε′·size: what was on the way had its rounding too.
 */
function rounded(x: Value, size: Value | number | undefined, steps: Value[]): Value {
  const share = () => {
    const input = x.graph.input(`rounding:${steps.length}`, x.dtype, x.shape);
    steps.push(input);
    return input;
  };
  const each = where(equal(x, round(x)), x, add(x, mul(x, share())));
  return size === undefined ? each : add(each, mul(share(), size));
}

/** Whole numbers are left alone: they are counts, classes and flags, exact in every arithmetic. */
function shaken(data: TensorData, size: number, random: RandomStream): TensorData {
  const signs = random.rademacherVector(data.length);
  const moved = new Float64Array(data);
  for (let i = 0; i < moved.length; i++) if (!Number.isInteger(moved[i])) moved[i] *= 1 + size * signs[i];
  return moved;
}
