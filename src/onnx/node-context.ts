import { inputNameOf, tensorOf } from "../graph/leaf.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { ThalwegError, type Where } from "../util/thalweg-error.ts";
import { type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import type { Declaration } from "./declaration.ts";
import type { DrawLaw } from "./draw.ts";
import { beyondLimits, requireSize, type ImportLimits } from "./import-limits.ts";
import { intakeError } from "./intake-error.ts";
import type { OnnxAttribute, OnnxGraph, OnnxNode } from "./onnx-node.ts";
import { isSequence, type Item, type Sequence } from "./item.ts";
import { snapConstant } from "./snap-constant.ts";
import { UnsupportedNode } from "./unsupported-node.ts";

/** Where a network is normalised by statistics, a number for each channel. */
export interface Normalization {
  /** [N, channels, …] */
  readonly x: Value;
  /** Running mean and variance of the file, whether they are used or not. */
  readonly mean: Value;
  readonly variance: Value;
  /** The share of a running statistic that stays when a batch is trained on. */
  readonly momentum: number;
}

/** What a rule may ask of the import that it is part of. */
export interface ImportHost {
  readonly graph: Graph;
  /** The type of every float of the imported graph. */
  readonly precision: FloatType;
  readonly batchNormalization: "inference" | "training" | undefined;
  readonly limits: ImportLimits;
  notice(code: string, message: string, hint?: string): void;
  /** Random numbers of a law, which stay as they are: under a name, that of the node's output where they are it. */
  draw(node: NodeContext, name: string, law: DrawLaw, shape: Shape): Value;
  /** Hears of a normalisation by statistics. */
  normalised(normalization: Normalization): void;
  /** What the Constant node with this output holds: a parameter, or a constant of the graph's precision. */
  constantNode(name: string): Value | undefined;
  /** The element type that a value has in the file, "uint8"; undefined where it is not declared. */
  storedAs(name: string): string | undefined;
  /** Whether an input of the graph is one of the model, and no parameter. */
  isInput(name: string): boolean;
  /** Imports a branch or loop body, with values for its formal inputs. */
  subgraph(graph: OnnxGraph, inputs: readonly Item[]): Item[];
}

/** One ONNX node with its inputs bound to values: what a rule reads. */
export class NodeContext {
  readonly node: OnnxNode;
  readonly opset: number;
  /** The inputs that are tensors. */
  readonly inputs: readonly (Value | undefined)[];
  readonly items: readonly (Item | undefined)[];
  readonly host: ImportHost;
  private readonly rule: Declaration | undefined;

  constructor(node: OnnxNode, rule: Declaration | undefined, items: readonly (Item | undefined)[], host: ImportHost) {
    this.node = node;
    this.rule = rule;
    this.opset = node.opset;
    this.items = items;
    this.inputs = items.map((item) => (item && !isSequence(item) ? item : undefined));
    this.host = host;
  }

  get graph(): Graph {
    return this.host.graph;
  }

  get where(): Where {
    return { node: this.node.name, op: this.node.op, opset: this.opset };
  }

  /** Number of outputs that something may read. */
  get outputs(): number {
    return this.node.outputs.length;
  }

  has(slot: number): boolean {
    return this.inputs[slot] !== undefined;
  }

  input(slot: number): Value {
    const value = this.inputs[slot];
    if (!value) this.fail("missing-input", `needs input number ${slot + 1}, which is left out`);
    return value;
  }

  /** An input that is a list of tensors. */
  sequence(slot: number): Sequence {
    const item = this.items[slot];
    return item && isSequence(item) ? item : this.fail("bad-input", `needs a sequence as input number ${slot + 1}`);
  }

  /** An input, tensor or sequence. */
  item(slot: number): Item {
    return this.items[slot] ?? this.fail("missing-input", `needs input number ${slot + 1}, which is left out`);
  }

  /** All inputs, none of which may be left out. */
  all(): Value[] {
    if (this.inputs.length === 0) this.fail("missing-input", "needs at least one input");
    return this.inputs.map((_, slot) => this.input(slot));
  }

  /** An attribute by name; a rule may only ask for what it declares, or its declaration would lie. */
  private declared(name: string): OnnxAttribute | undefined {
    if (this.rule?.attributes?.[name]?.kind === undefined)
      throw new ThalwegError({
        kind: "internal",
        code: "undeclared-attribute",
        message: `The rule of ${this.node.op} reads the attribute ${name} without declaring it.`,
        where: this.where,
      });
    return this.node.attributes.get(name);
  }

  private attribute<K extends OnnxAttribute["kind"]>(
    name: string,
    ...kinds: K[]
  ): Extract<OnnxAttribute, { kind: K }> | undefined {
    const attribute = this.declared(name);
    if (attribute === undefined) return undefined;
    const fits = (each: OnnxAttribute): each is Extract<OnnxAttribute, { kind: K }> =>
      kinds.some((kind) => kind === each.kind);
    return fits(attribute)
      ? attribute
      : this.fail("bad-attribute", `has the attribute ${name} of the type ${attribute.kind} instead of ${kinds[0]}`);
  }

  /** An integer attribute. */
  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const value = this.attribute(name, "int")?.value ?? otherwise;
    if (value !== undefined && !Number.isSafeInteger(value))
      this.fail("bad-attribute", `has the attribute ${name} = ${value}`);
    return value;
  }

  flag(name: string, otherwise = false): boolean {
    return this.int(name, otherwise ? 1 : 0) !== 0;
  }

  /** A float attribute: files hold them in float32, so the constant that was meant is restored. */
  float(name: string, otherwise: number): number {
    const value = this.attribute(name, "float", "int")?.value;
    if (value === undefined) return otherwise;
    if (!Number.isFinite(value)) this.fail("bad-attribute", `has the attribute ${name} = ${value}`);
    return snapConstant(value);
  }

  hasAttribute(name: string): boolean {
    return this.declared(name) !== undefined;
  }

  ints(name: string): readonly number[] | undefined {
    const value = this.attribute(name, "ints")?.value;
    if (value?.some((each) => !Number.isFinite(each)))
      this.fail("bad-attribute", `has a number that is too large in ${name}`);
    return value;
  }

  floats(name: string): readonly number[] | undefined {
    return this.attribute(name, "floats")?.value.map(snapConstant);
  }

  string(name: string, otherwise: string): string {
    return this.attribute(name, "string")?.value ?? otherwise;
  }

  strings(name: string): readonly string[] | undefined {
    return this.attribute(name, "strings")?.value;
  }

  tensor(name: string): Tensor | undefined {
    const stored = this.attribute(name, "tensor")?.value;
    return stored && (stored.tensor ?? this.unsupported(`holds a tensor of ${stored.storedAs}`));
  }

  subgraph(name: string): OnnxGraph | undefined {
    return this.attribute(name, "graph")?.value;
  }

  /** The elements of an input that has to be known when the model is read. */
  constant(slot: number, role: string): Tensor {
    const value = this.input(slot);
    const known = tensorOf(value);
    if (known) return known;
    const name = inputNameOf(value);
    const input = name !== undefined && this.host.isInput(name) ? name : undefined;
    return this.unsupported(
      input === undefined ? `computes its ${role} from the data` : `takes its ${role} from the input ${input}`,
      input === undefined
        ? "Export the model with fixed sizes, or make that part depend on shapes only."
        : `Where it is the same for all examples, say what it is: --set ${input}=VALUE.`,
    );
  }

  integers(slot: number, role: string): number[] {
    return Array.from(this.constant(slot, role).data);
  }

  /** A single number among the inputs that has to be known. */
  number(slot: number, role: string): number {
    const { data } = this.constant(slot, role);
    if (data.length !== 1) this.fail("bad-input", `needs one number as its ${role}, not ${data.length}`);
    return data[0];
  }

  /** The element type that an input has in the file, of which the graph's may be a wider one; undefined where it is not declared. */
  storedAs(slot: number): string | undefined {
    return this.host.storedAs(this.node.inputs[slot] ?? "");
  }

  /** Checks a size before it is made: `constant` when it will be computed right away. */
  checkSize(shape: Shape, constant: boolean): void {
    const { limits } = this.host;
    const allowed = constant ? limits.constants / 2 : limits.elements;
    requireSize(limits, shape, allowed, this.label, this.where);
  }

  /** Checks how many values are made, before they are. */
  checkCount(count: number): void {
    const { limits } = this.host;
    if (count <= limits.values) return;
    const what = `makes ${count} tensors, more than ${limits.values}`;
    throw beyondLimits(limits, "too-large", { place: this.label, what, where: this.where });
  }

  /** A constant float of the graph's precision. */
  scalar(value: number): Value {
    return this.graph.scalar(value, this.host.precision);
  }

  get label(): string {
    return `Node ${this.node.name} (${this.node.op})`;
  }

  /** The file contradicts the operator's definition. */
  fail(code: string, message: string, hint?: string): never {
    throw intakeError(code, `${this.label} ${message}.`, this.where, hint);
  }

  /** The operator is fine, but this use of it cannot be imported. */
  unsupported(message: string, remedy?: string): never {
    throw new UnsupportedNode(message, remedy);
  }
}

/** Adds the node to an error that does not say where it happened; leaves other kinds of throw alone. */
export function located(error: unknown, context: NodeContext): unknown {
  if (error instanceof RangeError) {
    return intakeError(
      "bad-node",
      `${context.label} has sizes that cannot be computed (${error.message}).`,
      context.where,
    );
  }
  if (!(error instanceof ThalwegError) || error.where.node !== undefined) return error;
  return new ThalwegError({
    kind: error.kind === "internal" ? "internal" : "input",
    code: error.code,
    message: `${context.label}: ${error.message}`,
    where: { ...error.where, ...context.where },
    hint: error.hint,
    cause: error,
  });
}
