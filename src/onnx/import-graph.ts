import { caveatsOf } from "../graph/caveats-of.ts";
import type { Graph } from "../graph/graph.ts";
import { inspected } from "../graph/inspected.ts";
import { tensorOf } from "../graph/leaf.ts";
import { dependents, reachable } from "../graph/traverse.ts";
import type { Value, ValueType } from "../graph/value.ts";
import { transpose } from "../ops/structure.ts";
import { frozen } from "../ops/unary.ts";
import { inPrecision, isFloat, sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { keptBy } from "../util/kept-by.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { bindInputs, fromExamplesFirst, toExamplesFirst, type BindOptions, type BoundInputs } from "./bind-inputs.ts";
import type { ModelFile } from "./decode-model.ts";
import { type Draw, type DrawLaw, drawn, drawStream, type ExampleDraw } from "./draw.ts";
import { toPrecision } from "./decode-tensor.ts";
import { ImportBudget, type ImportLimits } from "./import-limits.ts";
import { otherShapes } from "./other-shapes.ts";
import { intakeError, listOf } from "./intake-error.ts";
import { refuseUndeclared } from "./declaration.ts";
import { located, NodeContext, type ImportHost, type Normalization } from "./node-context.ts";
import { namesRead, type Notice, type OnnxGraph, type OnnxNode, type StoredTensor } from "./onnx-node.ts";
import { NodeSummaries, type NodeSummary } from "./node-summary.ts";
import { opaqueOperation } from "./opaque-op.ts";
import { liveNodes } from "./tensor-uses.ts";
import { ruleOf } from "./rules/registry.ts";
import { isSequence, type Item } from "./item.ts";
import type { Bend, Doubt, OnnxRule } from "./rule.ts";
import { checkBatch, withBatchHint, type BatchFit } from "./fixed-batch.ts";
import { FREEZE_REMEDY, refusalError, unknownOperator, type Refusal } from "./refusal.ts";
import { snapConstant } from "./snap-constant.ts";
import { UnsupportedNode } from "./unsupported-node.ts";

export interface ImportOptions extends BindOptions {
  /** The type of every float of the graph, whatever the file holds. */
  readonly precision: FloatType;
  /** Nodes (by name, or by an output) whose outputs derivatives treat as constants. */
  readonly freeze?: readonly string[];
  /** Tensors that become parameters instead of those that the model file proposes; any float tensor of the file may be named. */
  readonly parameters?: readonly string[];
  /** How the rule of a node is found; the registry when absent. */
  readonly rules?: (node: OnnxNode) => OnnxRule | undefined;
  /**
   * What stands in for a float output of a node that is no constant; the output itself when absent. `size` is that of
   * what kernels compute it by way of, where its rule knows of any ({@link OnnxRule.roundsAt}).
   */
  readonly standIn?: (output: Value, size: Value | number | undefined) => Value;
  /** What the graph's input for an input or parameter of this name is called; the name itself when absent. */
  readonly inputName?: (name: string) => string;
  /** What is drawn for each example, by name, as inputs of the graph; other draws are constants. */
  readonly draws?: ReadonlyMap<string, Pick<ExampleDraw, "axis" | "shape">>;
  /** Overrides what each BatchNormalization node says. */
  readonly batchNormalization?: "inference" | "training";
}

export type { NodeSummary } from "./node-summary.ts";

export interface ImportedGraph {
  readonly inputs: Map<string, Value>;
  readonly parameters: Map<string, Value>;
  readonly outputs: Map<string, Value>;
  /** Outputs of the file that cannot be imported, by name, and the error that says why. */
  readonly leftOut: ReadonlyMap<string, ThalwegError>;
  /** Where derivatives are conventions, one sentence each. */
  readonly caveats: readonly string[];
  /** What the outputs pass through that is undefined for some data. */
  readonly doubts: readonly Doubt[];
  /** What nodes draw, by name. */
  readonly draws: ReadonlyMap<string, Draw>;
  readonly notices: readonly Notice[];
  readonly nodes: readonly NodeSummary[];
  readonly normalizations: readonly Normalization[];
}

/**
 * Writes a decoded model into a graph, with every axis bound. Parameters and model inputs enter as
 * graph inputs under their names, everything else as constants; operators are decomposed into the
 * primitives; shape arithmetic folds away.
 *
 * An output that depends on an operator that cannot be imported is left out where another output
 * remains; where none does, one error lists every such node.
 *
 * @example
 * const graph = new Graph();
 * const { outputs } = importGraph(model, graph, { precision: "float32", batch: 32 });
 * outputs.get("logits").shape; // [32, 10]
 */
export function importGraph(model: ModelFile, graph: Graph, options: ImportOptions): ImportedGraph {
  const bound = bindInputs(model.inputs, options, model.file);
  return new Importer(model, graph, options, bound).import();
}

/** Tensors of files in another precision, each made once: what is imported for several batch sizes shares them. */
const promotions = { float32: keptBy<Tensor>(), float64: keptBy<Tensor>() };

/** Integers that stand for quantised numbers: the graph has them as int64, which their operators do not take. */
const NARROW = /^u?int(8|16)$/;

/** Values by name; nested graphs see those around them. */
interface Scope {
  readonly values: Map<string, Item>;
  readonly parent: Scope | undefined;
}

class Importer implements ImportHost {
  readonly graph: Graph;
  readonly precision: FloatType;
  readonly batchNormalization: "inference" | "training" | undefined;
  readonly limits: ImportLimits;
  private readonly budget: ImportBudget;
  private readonly model: ModelFile;
  private readonly options: ImportOptions;
  private readonly bound: BoundInputs;
  private readonly chosen: ReadonlySet<string>;
  private readonly frozen: ReadonlySet<string>;
  private readonly notices = new Map<string, Notice>();
  private readonly inputs = new Map<string, Value>();
  private readonly draws = new Map<string, Draw>();
  private readonly tensors = new Map<string, Value>();
  private readonly stored = new Set<Value>();
  private readonly refusals: Refusal[] = [];
  private readonly refused = new Map<string, string>();
  private readonly summaries: NodeSummaries;
  private scope: Scope = { values: new Map(), parent: undefined };
  private snapped = 0;
  private readonly normalizations: Normalization[] = [];
  private readonly bends: (Bend & { readonly of: readonly Item[] })[] = [];
  private readonly doubts: { readonly doubt: Doubt; readonly of: readonly Item[] }[] = [];

  constructor(model: ModelFile, graph: Graph, options: ImportOptions, bound: BoundInputs) {
    this.model = model;
    this.graph = graph;
    this.precision = options.precision;
    this.batchNormalization = options.batchNormalization;
    this.options = options;
    this.limits = model.limits;
    this.budget = new ImportBudget(model.limits);
    this.bound = bound;
    this.chosen = new Set(options.parameters ?? model.parameters.map(({ name }) => name));
    this.frozen = new Set(options.freeze);
    this.summaries = new NodeSummaries(this.chosen);
  }

  import(): ImportedGraph {
    const { model, graph } = this;
    const inputs = this.inputs;
    for (const input of model.inputs) {
      const dtype = isFloat(input.dtype) ? this.precision : input.dtype;
      const shape = this.bound.shapes.get(input.name) ?? [];
      const axis = this.options.examplesAxes?.get(input.name) ?? 0;
      const axes = shape.map((_, each) => each);
      const value = graph.input(
        this.inputName(input.name),
        dtype,
        toExamplesFirst(axes, axis).map((each) => shape[each]),
      );
      inputs.set(input.name, value);
      this.scope.values.set(input.name, axis === 0 ? value : transpose(value, fromExamplesFirst(axes, axis)));
    }
    const parameters = new Map([...this.chosen].map((name) => [name, this.parameter(name)]));
    this.checkFrozen();
    for (const node of liveNodes(model.graph)) this.importMainNode(node);

    const outputs = new Map<string, Value>();
    for (const name of model.graph.outputs) {
      if (this.refused.has(name)) continue;
      const item = this.find(name);
      if (item && !isSequence(item)) outputs.set(name, item);
    }
    if (outputs.size === 0) throw refusalError(this.refusals, model.file);
    const leftOut = this.reportLeftOut(outputs);
    checkBatch(outputs, this.batchFit());
    this.reportSnapped();
    for (const sentence of otherShapes(model.declared, outputs, model.inputs, this.bound, this.options))
      this.notice("declared-shape", sentence);
    inspected("import", [...outputs.values()]);
    return {
      inputs,
      parameters,
      outputs,
      leftOut,
      caveats: [...new Set([...caveatsOf([...outputs.values()]), ...this.bendsOf(outputs, parameters)])],
      doubts: this.doubtsOf(outputs),
      draws: this.draws,
      notices: [...this.notices.values()],
      nodes: this.summaries.all,
      normalizations: this.normalizations,
    };
  }

  /** Where nodes that the outputs pass through have no derivative, and parameters move them. */
  private bendsOf(outputs: ReadonlyMap<string, Value>, parameters: ReadonlyMap<string, Value>): string[] {
    const passed = reachable([...outputs.values()]);
    const moved = dependents(passed, [...parameters.values()]);
    return this.bends.flatMap(({ text, by, of }) =>
      moved.has(by) && of.some((item) => !isSequence(item) && moved.has(item)) ? [text] : [],
    );
  }

  private doubtsOf(outputs: ReadonlyMap<string, Value>): Doubt[] {
    if (this.doubts.length === 0) return [];
    const passed = new Set<Item>(reachable([...outputs.values()]));
    return this.doubts.flatMap(({ doubt, of }) => (of.some((item) => passed.has(item)) ? [doubt] : []));
  }

  notice(code: string, message: string, hint?: string): void {
    this.notices.set(`${code}|${message}`, { code, message, hint });
  }

  draw({ label }: NodeContext, output: string, law: DrawLaw, shape: Shape): Value {
    const { graph, precision, draws } = this;
    let name = output;
    for (let again = 2; draws.has(name); again++) name = `${output} (${again})`;
    draws.set(name, { law, shape });
    const own = this.options.draws?.get(name);
    this.notice(
      "fixed-draw",
      `${label} draws random numbers: one fixed draw stands for them, ${own ? "of its own for each example and the same in every batch, step and run" : "the same for all examples and in every run"}.`,
    );
    if (!own) {
      const data = drawn(law, drawStream(name), sizeOf(shape));
      return graph.constant({ dtype: precision, shape, data: inPrecision(data, precision) });
    }
    const value = graph.input(this.inputName(name), precision, [this.options.batch, ...own.shape]);
    this.inputs.set(name, value);
    const axes = value.shape.map((_, axis) => axis);
    return own.axis === 0 ? value : transpose(value, fromExamplesFirst(axes, own.axis));
  }

  normalised(normalization: Normalization): void {
    this.normalizations.push(normalization);
  }

  subgraph(graph: OnnxGraph, inputs: readonly Item[]): Item[] {
    if (inputs.length !== graph.inputs.length) {
      throw intakeError(
        "bad-subgraph",
        `A nested graph of the model takes ${graph.inputs.length} inputs, but gets ${inputs.length}.`,
      );
    }
    const outer = this.scope;
    this.scope = { values: new Map(graph.inputs.map((name, i) => [name, inputs[i]])), parent: outer };
    try {
      for (const node of graph.nodes) this.bindOutputs(node, this.importNode(node));
      return graph.outputs.map((name) => {
        const value = this.find(name);
        if (!value) throw new UnsupportedNode(`has an inner output ${name} that cannot be computed`);
        return value;
      });
    } finally {
      this.scope = outer;
    }
  }

  /** Imports a node of the main graph; what cannot be imported is noted and poisons what depends on it. */
  private importMainNode(node: OnnxNode): void {
    const poisoned = namesRead(node).find((name) => this.refused.has(name));
    if (poisoned !== undefined) {
      for (const name of node.outputs) this.refused.set(name, this.refused.get(poisoned) ?? node.name);
      return;
    }
    try {
      const isFrozen = this.isFrozen(node);
      const outputs = this.importNode(node, isFrozen);
      this.bindOutputs(
        node,
        isFrozen ? outputs.map((item) => (item && !isSequence(item) ? frozen(item) : item)) : outputs,
      );
      this.summaries.add(node, outputs[0], isFrozen, (name) => this.find(name));
    } catch (error) {
      if (!(error instanceof UnsupportedNode)) throw withBatchHint(error, this.batchFit());
      const remedy = error.remedy ?? FREEZE_REMEDY;
      const instead = remedy === FREEZE_REMEDY ? this.obstacle(node)?.remedy : undefined;
      this.refusals.push({ node, reason: error.message, remedy: instead ?? remedy });
      for (const name of node.outputs) this.refused.set(name, node.name);
    }
  }

  private importNode(node: OnnxNode, frozen = false): readonly (Item | undefined)[] {
    const rule = (this.options.rules ?? ruleOf)(node);
    const context = new NodeContext(
      node,
      rule,
      node.inputs.map((name) => (name === "" ? undefined : this.require(node, name))),
      this,
    );
    if (this.scope.parent) this.budget.step(context.label, context.where);
    try {
      if (!rule) {
        if (frozen) return this.opaque(node, context);
        throw unknownOperator(node);
      }
      refuseUndeclared(rule, node);
      const result = rule.import(context);
      const outputs = "length" in result ? result : [result];
      this.budget.weigh(this.graph.values, (value) => this.stored.has(value), context.label, context.where);
      this.noteBend(rule, context, outputs);
      const doubt = rule.doubts?.(context);
      if (doubt) this.doubts.push({ doubt, of: outputs.filter((item) => item !== undefined) });
      const storedAs = rule.storedAs?.(context);
      if (storedAs !== undefined) this.madeAs.set(node.outputs[0], storedAs);
      return outputs.map((item) => (item && !isSequence(item) ? this.standIn(item, rule, context) : item));
    } catch (error) {
      if (error instanceof UnsupportedNode && frozen) return this.opaque(node, context);
      throw located(error, context);
    }
  }

  private noteBend({ bends }: OnnxRule, context: NodeContext, outputs: readonly (Item | undefined)[]): void {
    const of = outputs.filter((item) => item !== undefined);
    const [first] = of;
    if (first === undefined || isSequence(first) || !isFloat(first.dtype)) return;
    // A limit that is none, or one operand alone, gives its input on.
    if (context.inputs.includes(first)) return;
    const bend = bends?.(context);
    if (bend !== undefined) this.bends.push({ ...(typeof bend === "string" ? { text: bend, by: first } : bend), of });
  }

  private standIn(output: Value, rule: OnnxRule, context: NodeContext): Value {
    const { standIn } = this.options;
    return standIn && isFloat(output.dtype) && !tensorOf(output) ? standIn(output, rule.roundsAt?.(context)) : output;
  }

  private bindOutputs(node: OnnxNode, outputs: readonly (Item | undefined)[]): void {
    node.outputs.forEach((name, i) => {
      if (name === "") return;
      const value = outputs[i];
      if (value) this.scope.values.set(name, value);
      else this.absent.set(name, node);
    });
  }

  /** Element types, as a file would have them, of what nodes made. */
  private readonly madeAs = new Map<string, string>();

  /** Outputs that a rule does not provide; an error only where something reads them. */
  private readonly absent = new Map<string, OnnxNode>();

  private require(node: OnnxNode, name: string): Item {
    const value = this.find(name);
    if (value) return value;
    const source = this.absent.get(name);
    if (source)
      throw new UnsupportedNode(
        `needs ${name}, an output of ${source.op} ${source.name} that is not available`,
        FREEZE_REMEDY,
      );
    throw intakeError(
      "undefined-value",
      `Node ${node.name} (${node.op}) reads the value ${name}, which nothing defines before it.`,
      {
        node: node.name,
        op: node.op,
        input: name,
      },
    );
  }

  private find(name: string): Item | undefined {
    for (let scope: Scope | undefined = this.scope; scope; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value) return value;
    }
    const stored = this.model.graph.initializers.get(name);
    return stored && this.tensorValue(stored);
  }

  isInput(name: string): boolean {
    return this.model.inputs.some((input) => this.inputName(input.name) === name);
  }

  storedAs(name: string): string | undefined {
    const { tensors, declared, inputs } = this.model;
    const known = tensors.get(name) ?? declared.get(name) ?? inputs.find((input) => input.name === name);
    return known?.storedAs ?? this.madeAs.get(name);
  }

  constantNode(name: string): Value | undefined {
    const stored = this.model.tensors.get(name);
    return stored && this.tensorValue(stored);
  }

  /** An initialiser, or the tensor of a Constant node, as a parameter or a constant. */
  private tensorValue(stored: StoredTensor): Value {
    const known = this.tensors.get(stored.name);
    if (known) return known;
    const { name, tensor } = stored;
    if (!tensor) throw new UnsupportedNode(`reads ${name}, a tensor of ${stored.storedAs}`);
    const value =
      this.chosen.has(name) && isFloat(tensor.dtype)
        ? this.graph.input(this.inputName(name), this.precision, tensor.shape)
        : this.constant(tensor);
    this.tensors.set(name, value);
    this.stored.add(value);
    return value;
  }

  private constant(tensor: Tensor): Value {
    const promoted = promotions[this.precision](tensor, () => toPrecision(tensor, this.precision));
    if (tensor.dtype !== "float32" || this.precision !== "float64" || tensor.data.length !== 1)
      return this.graph.constant(promoted);
    const exact = snapConstant(tensor.data[0]);
    if (exact !== tensor.data[0]) this.snapped++;
    return this.graph.constant({ dtype: "float64", shape: tensor.shape, data: Float64Array.of(exact) });
  }

  private inputName(name: string): string {
    return this.options.inputName?.(name) ?? name;
  }

  private parameter(name: string): Value {
    const stored = this.model.tensors.get(name);
    if (!stored)
      throw intakeError("unknown-parameter", `The model has no tensor ${name}.`, {
        file: this.model.file,
        parameter: name,
      });
    if (!stored.tensor || !isFloat(stored.tensor.dtype)) {
      throw intakeError("bad-parameter", `${name} cannot be a parameter: it holds ${stored.storedAs}.`, {
        file: this.model.file,
        parameter: name,
      });
    }
    return this.tensorValue(stored);
  }

  private isFrozen({ name, outputs }: OnnxNode): boolean {
    return this.frozen.has(name) || outputs.some((output) => this.frozen.has(output));
  }

  private checkFrozen(): void {
    const known = new Set(this.model.graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]));
    const unknown = [...this.frozen].filter((name) => !known.has(name));
    if (unknown.length > 0)
      throw new ThalwegError({
        kind: "usage",
        code: "unknown-node",
        message: `The model has no node ${listOf(unknown)} to freeze.`,
        where: { file: this.model.file },
        hint: `Give the name of a node or of one of its outputs: ${listOf([...known].filter((name) => name !== ""))}.`,
      });
  }

  /** A frozen node without a rule: handed to the runtime, with the types that the file declares. */
  private opaque(node: OnnxNode, context: NodeContext): Value[] {
    const obstacle = this.obstacle(node);
    if (obstacle) throw new UnsupportedNode(`cannot be frozen: ${obstacle.reason}`, obstacle.remedy);
    const present = context.inputs.flatMap((value) => value ?? []);
    return node.outputs.map((name, output) => {
      const declared = this.declaredType(name);
      if (!declared) return context.fail("undeclared-output", `has an output ${name} of undeclared shape`);
      return this.graph.apply(opaqueOperation(node, output, declared), present);
    });
  }

  /** The type that the file declares of a value, with the extents of this import. */
  private declaredType(name: string): ValueType | undefined {
    const declared = this.model.declared.get(name);
    const shape = declared?.shape.flatMap(
      (extent) => (typeof extent === "string" ? this.bound.dimensions.get(extent) : extent) ?? [],
    );
    if (!declared || shape?.length !== declared.shape.length) return undefined;
    return { dtype: isFloat(declared.dtype) ? this.precision : declared.dtype, shape };
  }

  /** Why a node without a rule cannot be handed to the runtime as it stands, as a clause, and what can be done. */
  private obstacle(node: OnnxNode): { readonly reason: string; readonly remedy: string } | undefined {
    const without = "Export the model without it.";
    if ([...node.attributes.values()].some(({ kind }) => kind === "graph"))
      return { reason: "it has a graph inside", remedy: without };
    if (node.inputs.every((name) => name === "")) return { reason: "it has no inputs", remedy: without };
    const narrow = node.inputs
      .flatMap((name) => this.model.tensors.get(name) ?? [])
      .find(({ tensor, storedAs }) => !tensor || NARROW.test(storedAs));
    if (narrow)
      return {
        reason: `it reads ${narrow.name} as ${narrow.storedAs}, which the graph does not keep`,
        remedy: narrow.tensor ? "Export the model before it is quantised." : without,
      };
    const undeclared = node.outputs.find((name) => this.declaredType(name) === undefined);
    if (undeclared === undefined) return undefined;
    return {
      reason: `the file does not declare the shape of its output ${undeclared}`,
      remedy:
        "Export the model without it. To freeze it (--freeze NODE), the file must declare the shape of its output: run onnx.shape_inference.infer_shapes on the model first.",
    };
  }

  private reportLeftOut(outputs: ReadonlyMap<string, Value>): Map<string, ThalwegError> {
    const { model } = this;
    const leftOut = new Map<string, ThalwegError>();
    for (const name of model.graph.outputs) {
      if (outputs.has(name)) continue;
      const refusal = this.refusals.find(({ node }) => node.name === this.refused.get(name));
      const why = refusal ? `${refusal.node.op} ${refusal.node.name} ${refusal.reason}` : "it cannot be computed";
      this.notice("output-left-out", `The output ${name} is left out: ${why}.`);
      leftOut.set(name, refusalError(refusal ? [refusal] : [], model.file));
    }
    return leftOut;
  }

  private batchFit(): BatchFit {
    const { file, declared } = this.model;
    return { file, declared, asked: this.options.batch, exported: this.bound.fixedBatch };
  }

  private reportSnapped(): void {
    if (this.snapped === 0) return;
    this.notice(
      "restored-constants",
      this.snapped === 1
        ? "A constant that the file holds in float32 was restored to the decimal or well-known number that it stands for (1e-5, √2, 1/√d)."
        : `${this.snapped} constants that the file holds in float32 were restored to the decimals or well-known numbers that they stand for (1e-5, √2, 1/√d).`,
    );
  }
}
