import type { DType, Shape, Tensor } from "../util/tensor.ts";
import type { Attributes, Emitter, Target } from "./emitter.ts";
import type { ExamplesLayout, InputLayouts } from "./examples-layout.ts";
import type { Interval } from "./interval.ts";
import type { OutputStep } from "./output-step.ts";
import type { Regime, ScalingRule } from "./scaling.ts";
import type { UnitAxis, UnitDesk } from "./unit-axes.ts";

/* A node, its operation and the graph that it is in know each other, and stand in one file: values and what they may be asked. */

/** What is known of a value before it is computed. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * One node of a graph, which is also its single output (static single assignment). Values are made
 * by `Graph` only, and two values of one graph with the same operation and inputs are the same
 * object. Inputs always have smaller ids, so ascending ids are a topological order.
 */
export interface Value extends ValueType {
  readonly id: number;
  readonly graph: ValueGraph;
  readonly operation: Operation;
  readonly inputs: readonly Value[];
}

/** A float value or a number that takes the dtype of the value beside it. */
export type Operand = Value | number;

/** Kinds of elements: whatever may be computed with, fractions, whole numbers, true or false, all of them. */
export type Elements = "numbers" | "floats" | "integers" | "truths" | "anything";

/**
 * An operation with its attributes bound: everything that the rest of the program may ask of a node.
 * Shared code (autodiff, passes, emission) goes through this interface and never asks which
 * operation it holds.
 */
export interface Operation {
  /** The name in the registry; ONNX spelling where ONNX has the operation. */
  readonly name: string;
  /** The bound attributes, as plain data: for printing and for recognising equal nodes. */
  readonly attributes: Attributes;

  /** What the elements of its inputs may be, by position, the last one for all that follow; absent: anything. */
  readonly takes?: readonly Elements[];

  /** The output type, or a ThalwegError that says why the inputs do not fit. */
  infer(inputs: readonly Value[]): ValueType;

  /** An equal value that is cheaper, when there is one. Must be exact up to rounding. */
  simplify?(inputs: readonly Value[], type: ValueType): Value | undefined;

  /** The result on concrete tensors, in plain JavaScript, to fold constants; undefined where folding does not pay. */
  evaluate?(inputs: readonly Tensor[], type: ValueType): Tensor | undefined;

  /**
   * Pushforward: the tangent of the output, given the tangents of the inputs (undefined = zero).
   * Absent when the operation has no derivative rule.
   */
  jvp?(node: Value, tangents: readonly (Value | undefined)[]): Value | undefined;

  /**
   * Pullback: what `cotangent` of the output contributes to the cotangent of input number `input`
   * (undefined = zero). Absent when the operation has no derivative rule.
   */
  vjp?(node: Value, cotangent: Value, input: number): Value | undefined;

  /**
   * The operation on a block: inputs marked `batched` carry a leading axis of extent `size`; the
   * result does too, and its slice i is the operation on the slices i of the inputs.
   */
  vmap(node: Value, inputs: readonly Value[], batched: readonly boolean[], size: number): Value;

  /** An equal value written with other operations, when the target has no good kernel for this one. */
  lower?(node: Value, inputs: readonly Value[], target: Target): Value | undefined;

  /** Appends the ONNX nodes of this operation and returns the name of the output. */
  emit(node: Value, inputs: readonly string[], emitter: Emitter): string;

  /** Whether the output is the input seen under another shape: cheaper to repeat than to keep. */
  readonly view?: boolean;

  /** Whether the output is the elements of the first input in another order or with zeros between: a copy that may be made again where memory is short. */
  readonly rearranges?: boolean;

  /** Whether each output element is one function of the input elements beside it (broadcast), in whatever order they lie. */
  readonly elementwise?: boolean;

  /** Whether the output is the input repeated along axes: each element is the one that lies at its place. */
  readonly broadcasts?: boolean;

  /**
   * Where the examples lie in the output, when they lie so in the inputs, `examples` of them; undefined where
   * elements of several examples meet, or where that cannot be told. Elementwise operations need none.
   */
  examplesLayout?(node: Value, given: InputLayouts, examples: number): ExamplesLayout | undefined;

  /** Whether derivatives hold the output as it is, whatever it was computed from: it changes with the weights all the same. */
  readonly holds?: boolean;

  /** Whether each output element is one of the elements of the first input, of the same unit: pooling by maximum. */
  readonly selects?: boolean;

  /**
   * The node times a factor that broadcasts to its shape, absorbed by an input smaller than the node
   * (a·(x∗w) = x∗(a·w)); undefined where the factor does not pass.
   */
  scaled?(node: Value, factor: Value, depth?: number): Value | undefined;

  /** Multiply–adds of one run, for operations that sum products: contractions. Absent where they do not count. */
  multiplyAdds?(node: Value): number;

  /**
   * For operations that weights enter: the axis of the output along which the units of weights in each input lie
   * (negative: from the end); undefined for an input that takes no weights.
   */
  readonly unitAxes?: readonly (number | undefined)[];

  /**
   * For operations that weights enter: the axes of an input whose indices together name the unit that each of its elements
   * is a weight of (output channels, columns of a matrix, rows of a table); undefined for an input that takes no weights.
   */
  weightAxes?(node: Value, input: number): readonly UnitIndex[] | undefined;

  /** The same of what they make: the axes of the output whose indices name the unit of each element, in the order of `weightAxes`. */
  madeAxes?(node: Value, input: number): readonly UnitIndex[] | undefined;

  /**
   * For operations that are a layer y = Wx of an input W: the axis of W along which the units lie, all of them given the same x, and
   * that of the output; undefined for an input that is no such W. (A table whose rows are looked up is one along its columns.)
   */
  layerAxes?(node: Value, input: number): readonly [weight: number, made: number] | undefined;

  /** Whether every output element is an element of an input, wherever it lies, or zero: `evaluate` says which, whatever the numbers. */
  readonly moves?: boolean;

  /** How the output scales when inputs do; absent where that is not known, and then inputs must not scale. Every primitive answers. */
  scaling?(node: Value, regime: Regime): ScalingRule;

  /**
   * How the units along the axes of the inputs go on along those of the output: what belongs together is joined at the
   * desk. Absent where that is not known, and then no unit that enters may be moved; elementwise operations need none.
   */
  units?(node: Value, given: readonly (readonly UnitAxis[])[], desk: UnitDesk): readonly UnitAxis[];

  /** What it makes of numbers that a network gives; absent where it cannot be told behind it what they are. */
  readonly outputStep?: OutputStep;

  /**
   * Whether the operation takes the size out of what goes in, or gives it: behind it a layer may be multiplied by
   * itself, which hides what it has in common with the next one.
   */
  readonly ofSize?: boolean;

  /** Whether the output says where the first input lies below the second. */
  readonly below?: boolean;

  /** What the operation does to the units of a network as an activation; absent where it is none. */
  readonly activation?: ActivationTraits;

  /** Where the elements of the output lie, by where those of the inputs do; absent where the kind of operation says it, or nothing is known. */
  range?(node: Value, inputs: readonly Interval[]): Interval;

  /**
   * Where the derivative does not exist or is a convention, at this node where it depends on the inputs, or on where their
   * elements lie; copied into every result.
   */
  readonly caveat?: string | ((node: Value, ranges: readonly Interval[]) => string | undefined);
}

/** An axis whose index tells units apart; or of which only the group of the index does, of so many equal ones. */
export type UnitIndex = number | { readonly axis: number; readonly groups: number };

/** An operation that networks and derivatives are made of: it answers what kernels are not asked any more. */
export type Primitive = Operation & Required<Pick<Operation, "scaling">>;

/** What an activation can do to its units. */
export interface ActivationTraits {
  /** Whether the unit is switched off where the value is 0. */
  readonly rectifies: boolean;
  /** The bounds that it saturates at. */
  readonly bounds?: readonly [number, number];
}

/** What a value may ask of the graph that it is in, where operations on it are put. */
export interface ValueGraph {
  /** All values, by id. */
  readonly values: readonly Value[];
  readonly options: GraphOptions;
  /** A value fed from outside on every run. */
  input(name: string, dtype: DType, shape: Shape): Value;
  constant(value: Tensor): Value;
  /** A constant scalar. */
  scalar(value: number, dtype: DType): Value;
  /** A constant integer vector. */
  integers(values: readonly number[]): Value;
  /** The value of an operation on inputs of this graph: simplified, folded or found again where possible. */
  apply(operation: Operation, inputs: readonly Value[]): Value;
}

export interface GraphOptions {
  /** Off only in tests, which compare simplified graphs with plain ones. */
  readonly simplify?: boolean;
  /** Called with the outputs of every pass over the graph, and over the graphs that are made of it: tests look there whether they are well formed. */
  readonly inspect?: Inspect;
}

/** Gets the name of a pass and what it made. */
export type Inspect = (pass: string, outputs: readonly Value[]) => void;
