import type { Attributes } from "../graph/emitter.ts";
import { modelBytes, OnnxEmitter, type Port } from "../onnx/emit-model.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { sizeOf, tensor, type DType, type Shape, type Tensor } from "../util/tensor.ts";
import type { Initialization } from "./initializations/initialization.ts";

interface ConvOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly bias?: boolean;
  /** Axes that the kernel goes along; 2 when absent. */
  readonly axes?: number;
}

/**
 * Writes a network as ONNX: the operators that PyTorch's exporter writes, parameters under the names that
 * `named_parameters()` gives. Each parameter is drawn from a stream of its own name, so that a layer more leaves the others
 * as they were.
 */
export class NetBuilder {
  private readonly emitter: OnnxEmitter;
  private readonly inputs = new Map<string, Port>();
  private readonly outputs = new Map<string, Port>();
  private readonly initialization: Initialization;
  private readonly random: RandomStream;

  constructor(initialization: Initialization, random: RandomStream) {
    this.initialization = initialization;
    this.random = random;
    this.emitter = new OnnxEmitter({ precision: "float32", portable: true }, new Set());
  }

  /** An input; the examples are its first axis. */
  input(name: string, dtype: DType, shape: Shape): string {
    this.inputs.set(name, { dtype, shape: ["batch", ...shape] });
    return name;
  }

  /** The output of that name, float32. */
  output(name: string, value: string, shape: Shape): void {
    this.emitter.rename(value, name);
    this.outputs.set(name, { dtype: "float32", shape: ["batch", ...shape] });
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.emitter.node(op, inputs, attributes);
  }

  scalar(value: number): string {
    return this.emitter.constant(tensor("float32", [], Float32Array.of(value)));
  }

  integers(values: readonly number[]): string {
    return this.emitter.integers(values);
  }

  constant(value: Tensor): string {
    return this.emitter.constant(value);
  }

  /** A float tensor under a name, of the same number everywhere: gains, biases and statistics. */
  filled(name: string, shape: Shape, value: number): string {
    return this.emitter.initializer(name, tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(value)));
  }

  /** A weight [units, inputs, …kernel], as the initialisation draws it. */
  weight(name: string, shape: Shape, initialization = this.initialization): string {
    const elements = initialization.draw(placeOf(shape), this.random.split(name));
    return this.emitter.initializer(name, tensor("float32", shape, Float32Array.from(elements)));
  }

  private bias(name: string, weight: Shape): string {
    const elements = this.initialization.drawBias?.(weight[0], placeOf(weight), this.random.split(name));
    if (elements === undefined) return this.filled(name, [weight[0]], 0);
    return this.emitter.initializer(name, tensor("float32", [weight[0]], Float32Array.from(elements)));
  }

  /** torch.nn.Linear on [batch, inputs]. */
  linear(name: string, x: string, [inputs, units]: readonly [number, number], bias = true): string {
    const shape = [units, inputs];
    const operands = [x, this.weight(`${name}.weight`, shape), ...(bias ? [this.bias(`${name}.bias`, shape)] : [])];
    return this.node("Gemm", operands, { transB: 1 });
  }

  /** torch.nn.Linear along the last axis of more. */
  linearAlong(name: string, x: string, [inputs, units]: readonly [number, number], bias = true): string {
    const shape = [units, inputs];
    const product = this.node("MatMul", [
      x,
      this.node("Transpose", [this.weight(`${name}.weight`, shape)], { perm: [1, 0] }),
    ]);
    return bias ? this.node("Add", [product, this.bias(`${name}.bias`, shape)]) : product;
  }

  /** torch.nn.Conv2d with square kernels, or Conv1d. */
  conv(
    name: string,
    x: string,
    [inputs, units]: readonly [number, number],
    { kernel, stride = 1, padding = 0, bias = true, axes = 2 }: ConvOptions,
  ): string {
    const along = (value: number) => Array.from({ length: axes }, () => value);
    const shape = [units, inputs, ...along(kernel)];
    const operands = [x, this.weight(`${name}.weight`, shape), ...(bias ? [this.bias(`${name}.bias`, shape)] : [])];
    return this.node("Conv", operands, {
      kernel_shape: along(kernel),
      strides: along(stride),
      pads: [...along(padding), ...along(padding)],
      dilations: along(1),
      group: 1,
    });
  }

  /** torch.nn.MaxPool2d(2), or MaxPool1d(2). */
  halved(x: string, axes = 2): string {
    const two = Array.from({ length: axes }, () => 2);
    return this.node("MaxPool", [x], { kernel_shape: two, strides: two });
  }

  /** torch.nn.BatchNorm, as it is in evaluation: statistics run while it is trained. */
  batchNormalization(name: string, x: string, channels: number): string {
    const of = (part: string, value: number) => this.filled(`${name}.${part}`, [channels], value);
    return this.node(
      "BatchNormalization",
      [x, of("weight", 1), of("bias", 0), of("running_mean", 0), of("running_var", 1)],
      { epsilon: { float: 1e-5 }, momentum: { float: 0.9 } },
    );
  }

  /** torch.nn.LayerNorm over the last axis. */
  layerNormalization(name: string, x: string, width: number): string {
    const of = (part: string, value: number) => this.filled(`${name}.${part}`, [width], value);
    return this.node("LayerNormalization", [x, of("weight", 1), of("bias", 0)], { axis: -1, epsilon: { float: 1e-5 } });
  }

  /** The bytes of the file. */
  bytes(description: string): Uint8Array<ArrayBuffer> {
    return modelBytes(this.emitter, { inputs: this.inputs, outputs: this.outputs }, description);
  }
}

function placeOf(shape: Shape) {
  const [units, inputs, ...kernel] = shape;
  return { shape, fanIn: inputs * sizeOf(kernel), fanOut: units * sizeOf(kernel) };
}
