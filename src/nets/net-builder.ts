import type { Attributes } from "../graph/emitter.ts";
import { modelBytes, OnnxEmitter, type Port } from "../onnx/emit-model.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { sizeOf, tensor, type DType, type Shape, type Tensor } from "../util/tensor.ts";
import type { Ends, Initialization, WeightPlace } from "./initializations/initialization.ts";

/** Numbers of all tensors together: 1.6 GB in float32, and a protocol buffer ends at 2. */
const MOST_NUMBERS = 4e8;

/** A node takes about as much memory. */
const NUMBERS_OF_NODE = 200;

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
  private readonly ends: Ends | undefined;
  private readonly random: RandomStream;
  private reserved = 0;

  /** @param ends names of the first and the last layer, where the network says them */
  constructor(initialization: Initialization, ends: Ends | undefined, random: RandomStream) {
    this.initialization = initialization;
    this.ends = ends;
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
    this.reserve([NUMBERS_OF_NODE]);
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

  /**
   * To be called before a tensor is made: what no file holds is refused, not begun.
   *
   * @throws input error `net-too-large`
   */
  reserve(shape: Shape): void {
    this.reserved += sizeOf(shape);
    if (this.reserved <= MOST_NUMBERS) return;
    throw new ThalwegError({
      kind: "input",
      code: "net-too-large",
      message: `A network of these sizes is larger than an ONNX file of one piece: it may have ${MOST_NUMBERS} parameters.`,
      hint: "Take smaller sizes.",
    });
  }

  /** A float tensor under a name, of the same number everywhere: gains, biases and statistics. */
  filled(name: string, shape: Shape, value: number): string {
    this.reserve(shape);
    return this.emitter.initializer(name, tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(value)));
  }

  /** A weight [units, inputs, …kernel], as the initialisation draws it and multiplies it. */
  weight(name: string, shape: Shape, initialization = this.initialization): string {
    const place = this.placeOf(name, shape);
    this.reserve(shape);
    const elements = initialization.draw(place, this.random.split(name));
    const drawn = this.emitter.initializer(name, tensor("float32", shape, Float32Array.from(elements)));
    return this.multiplied(drawn, initialization.factor?.(place));
  }

  private bias(name: string, weight: Shape): string {
    const { initialization } = this;
    const place = this.placeOf(name, weight);
    this.reserve(weight.slice(0, 1));
    const elements = initialization.drawBias?.(weight[0], place, this.random.split(name));
    const drawn =
      elements === undefined
        ? this.filled(name, [weight[0]], 0)
        : this.emitter.initializer(name, tensor("float32", [weight[0]], Float32Array.from(elements)));
    return this.multiplied(drawn, initialization.biasFactor?.(place));
  }

  private multiplied(value: string, factor = 1): string {
    return factor === 1 ? value : this.node("Mul", [value, this.scalar(factor)]);
  }

  /** @param name of a parameter: its layer's and its own */
  private placeOf(name: string, shape: Shape): WeightPlace {
    const [units, inputs, ...kernel] = shape;
    const layer = name.slice(0, name.lastIndexOf("."));
    const end = { first: layer === this.ends?.first, last: layer === this.ends?.last };
    return { shape, fanIn: inputs * sizeOf(kernel), fanOut: units * sizeOf(kernel), end };
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
