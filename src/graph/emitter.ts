import type { DType, FloatType, Tensor } from "../util/tensor.ts";

/** Plain numbers are written as integers, which is what nearly all attributes are. */
export interface FloatAttribute {
  readonly float: number;
}

export type Attribute = number | string | boolean | readonly number[] | readonly string[] | FloatAttribute;
export type Attributes = Readonly<Record<string, Attribute>>;

/** What the graph will run on. */
export interface Target {
  readonly precision: FloatType;
  /** Plain ONNX only, for files that other runtimes read; otherwise ONNX Runtime's own operators may be used. */
  readonly portable: boolean;
  /**
   * A device whose kernels for some operations are missing or wrong, so that they are written with others;
   * absent for those that need nothing special.
   */
  readonly device?: "webgpu";
  /** Channels side by side in the runtime's blocked image layout; undefined where it has none. */
  readonly blockSize?: number;
}

/** Writes ONNX nodes; implemented in `onnx/`. */
export interface Emitter {
  readonly target: Target;
  /** Adds a node with one output and returns the output's name. */
  node(op: string, inputs: readonly string[], attributes?: Attributes, domain?: string): string;
  /** Adds a node with several outputs and returns their names. */
  nodes(op: string, inputs: readonly string[], outputs: number, attributes?: Attributes, domain?: string): string[];
  /** Adds an initialiser (equal ones are shared) and returns its name. */
  constant(value: Tensor): string;
  /** An int64 vector initialiser. */
  integers(values: readonly number[]): string;
  /** A scalar initialiser of the dtype of `like`. */
  scalar(value: number, like: { readonly dtype: DType }): string;
}
