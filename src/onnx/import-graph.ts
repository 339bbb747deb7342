import { caveatsOf } from "../graph/caveats-of.ts";
import type { Graph } from "../graph/graph.ts";
import { inspected } from "../graph/inspected.ts";
import { tensorOf } from "../graph/leaf.ts";
import type { Value } from "../graph/value.ts";
import { transpose } from "../ops/structure.ts";
import { frozen } from "../ops/unary.ts";
import { inPrecision, isFloat, sizeOf, type FloatType, type Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { bindInputs, fromExamplesFirst, toExamplesFirst, type BoundInputs } from "./bind-inputs.ts";
import type { ModelFile } from "./decode-model.ts";
import { type Draw, type DrawLaw, drawn, drawStream } from "./draw.ts";
import { FrozenNodes } from "./frozen-nodes.ts";
import type { ImportOptions } from "./import-options.ts";
import { ImportBudget, type ImportLimits } from "./import-limits.ts";
import { otherShapes } from "./other-shapes.ts";
import { intakeError } from "./intake-error.ts";
import { refuseUndeclared } from "./declaration.ts";
import { located, NodeContext, type ImportHost, type Normalization } from "./node-context.ts";
import { namesRead, type Notice, type OnnxGraph, type OnnxNode } from "./onnx-node.ts";
import { NodeSummaries, type NodeSummary } from "./node-summary.ts";
import { ModelTensors } from "./model-tensors.ts";
import { NodeCaveats } from "./node-caveats.ts";
import { liveNodes } from "./tensor-uses.ts";
import { ruleOf } from "./rules/registry.ts";
import { isSequence, type Item } from "./item.ts";
import type { Doubt, OnnxRule } from "./rule.ts";
import { checkBatch, withBatchHint, type BatchFit } from "./fixed-batch.ts";
import { FREEZE_REMEDY, refusalError, unknownOperator, type Refusal } from "./refusal.ts";
import { UnsupportedNode } from "./unsupported-node.ts";
import { ValueScopes } from "./value-scopes.ts";

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
  private readonly frozen: FrozenNodes;
  private readonly notices = new Map<string, Notice>();
  private readonly inputs = new Map<string, Value>();
  private readonly draws = new Map<string, Draw>();
  private readonly tensors: ModelTensors;
  private readonly scopes = new ValueScopes();
  /** Element types, as a file would have them, of what nodes made. */
  private readonly madeAs = new Map<string, string>();
  private readonly refusals: Refusal[] = [];
  private readonly refused = new Map<string, string>();
  private readonly summaries: NodeSummaries;
  private readonly normalizations: Normalization[] = [];
  private readonly caveats = new NodeCaveats();

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
    this.frozen = new FrozenNodes(model, options.freeze ?? [], {
      precision: options.precision,
      dimensions: bound.dimensions,
    });
    this.tensors = new ModelTensors(model, graph, {
      precision: options.precision,
      parameters: this.chosen,
      inputName: (name) => this.inputName(name),
    });
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
      this.scopes.set(input.name, axis === 0 ? value : transpose(value, fromExamplesFirst(axes, axis)));
    }
    const parameters = new Map([...this.chosen].map((name) => [name, this.tensors.parameter(name)]));
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
      caveats: [...new Set([...caveatsOf([...outputs.values()]), ...this.caveats.bendsOf(outputs, parameters)])],
      doubts: this.caveats.doubtsOf(outputs),
      draws: this.draws,
      notices: [...this.notices.values()],
      nodes: this.summaries.all,
      normalizations: this.normalizations,
    };
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
    return this.scopes.within(
      graph.inputs.map((name, i) => [name, inputs[i]] as const),
      () => {
        for (const node of graph.nodes) this.scopes.bind(node, this.importNode(node));
        return graph.outputs.map((name) => {
          const value = this.find(name);
          if (!value) throw new UnsupportedNode(`has an inner output ${name} that cannot be computed`);
          return value;
        });
      },
    );
  }

  /** Imports a node of the main graph; what cannot be imported is noted and poisons what depends on it. */
  private importMainNode(node: OnnxNode): void {
    const poisoned = namesRead(node).find((name) => this.refused.has(name));
    if (poisoned !== undefined) {
      for (const name of node.outputs) this.refused.set(name, this.refused.get(poisoned) ?? node.name);
      return;
    }
    try {
      const isFrozen = this.frozen.has(node);
      const outputs = this.importNode(node, isFrozen);
      this.scopes.bind(
        node,
        isFrozen ? outputs.map((item) => (item && !isSequence(item) ? frozen(item) : item)) : outputs,
      );
      this.summaries.add(node, outputs[0], isFrozen, (name) => this.find(name));
    } catch (error) {
      if (!(error instanceof UnsupportedNode)) throw withBatchHint(error, this.batchFit());
      const remedy = error.remedy ?? FREEZE_REMEDY;
      const instead = remedy === FREEZE_REMEDY ? this.frozen.obstacle(node)?.remedy : undefined;
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
    if (this.scopes.isNested) this.budget.step(context.label, context.where);
    try {
      if (!rule) {
        if (frozen) return this.frozen.opaque(node, context);
        throw unknownOperator(node);
      }
      refuseUndeclared(rule, node);
      const result = rule.import(context);
      const outputs = "length" in result ? result : [result];
      this.budget.weigh(this.graph.values, (value) => this.tensors.has(value), context.label, context.where);
      this.caveats.note(rule, context, outputs);
      const storedAs = rule.storedAs?.(context);
      if (storedAs !== undefined) this.madeAs.set(node.outputs[0], storedAs);
      return outputs.map((item) => (item && !isSequence(item) ? this.standIn(item, rule, context) : item));
    } catch (error) {
      if (error instanceof UnsupportedNode && frozen) return this.frozen.opaque(node, context);
      throw located(error, context);
    }
  }

  private standIn(output: Value, rule: OnnxRule, context: NodeContext): Value {
    const { standIn } = this.options;
    return standIn && isFloat(output.dtype) && !tensorOf(output) ? standIn(output, rule.roundsAt?.(context)) : output;
  }

  private require(node: OnnxNode, name: string): Item {
    const value = this.find(name);
    if (value) return value;
    const source = this.scopes.sourceOfAbsent(name);
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
    const made = this.scopes.find(name);
    if (made) return made;
    const stored = this.model.graph.initializers.get(name);
    return stored && this.tensors.valueOf(stored);
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
    return stored && this.tensors.valueOf(stored);
  }

  private inputName(name: string): string {
    return this.options.inputName?.(name) ?? name;
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
    const { restored } = this.tensors;
    if (restored === 0) return;
    this.notice(
      "restored-constants",
      restored === 1
        ? "A constant that the file holds in float32 was restored to the decimal or well-known number that it stands for (1e-5, √2, 1/√d)."
        : `${restored} constants that the file holds in float32 were restored to the decimals or well-known numbers that they stand for (1e-5, √2, 1/√d).`,
    );
  }
}
