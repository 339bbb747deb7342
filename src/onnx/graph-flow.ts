import { maxOf } from "../util/extremes.ts";
import { sizeOf } from "../util/tensor.ts";
import type { OnnxGraph, OnnxNode } from "./onnx-node.ts";

/** A node that multiplies what moves by weights: a linear layer, a convolution. */
export interface LinearUse {
  readonly node: OnnxNode;
  readonly weights: ReadonlySet<string>;
  readonly biases: ReadonlySet<string>;
  /** What it is applied to. */
  readonly input: string;
  /** Whether it joins neighbours, as a convolution of more than one place does. */
  readonly isWide: boolean;
}

/** What is met first on the way back from a value. */
export interface Behind {
  readonly layers: readonly LinearUse[];
  /** Products of two values that move, and attentions in one node. */
  readonly mixing: readonly OnnxNode[];
}

const PRODUCTS = new Set(["MatMul", "FusedMatMul", "Einsum"]);
const WITH_BIAS = new Set(["Gemm", "FusedGemm", "Conv", "FusedConv", "ConvTranspose"]);
/** Their result holds the numbers of the first input, whatever the others say of its shape. */
const SHAPES = new Set(["Reshape", "Expand", "Tile", "Slice", "Squeeze", "Unsqueeze", "Split", "Transpose", "Flatten"]);
const STRAIGHT = new Set([...SHAPES, "Identity", "Cast", "Dropout"]);
const FUSED_ATTENTION = new Set(["Attention", "MultiHeadAttention", "GroupQueryAttention"]);
const ROOTS = new Set(["Sqrt", "Pow", "Reciprocal", "ReduceL2"]);
const MEANS = new Set(["ReduceMean", "ReduceSum", "ReduceL2", "ReduceSumSquare"]);
/** Steps from a division to the mean of squares that it divides by. */
const NORM_STEPS = 7;

const NONE: ReadonlySet<string> = new Set();

/** Who computes what from what in a graph, and which of it moves with the input and which are weights. */
export class GraphFlow {
  readonly nodes: readonly OnnxNode[];
  readonly layers: readonly LinearUse[];
  /** Sums of a branch with what it came from, through a layer or an attention at least. */
  readonly sums: ReadonlySet<OnnxNode>;
  private readonly places: ReadonlyMap<OnnxNode, number>;
  private readonly makers = new Map<string, OnnxNode>();
  private readonly readers = new Map<string, OnnxNode[]>();
  /** Values that do not depend on the input, with the parameters that they are made of. */
  private readonly fixed = new Map<string, ReadonlySet<string>>();
  private readonly layerOf = new Map<OnnxNode, LinearUse>();
  private readonly met = new Map<string, Behind>();

  private readonly graph: OnnxGraph;

  constructor(graph: OnnxGraph, parameters: ReadonlySet<string>) {
    this.graph = graph;
    this.nodes = graph.nodes;
    this.places = new Map(graph.nodes.map((node, place) => [node, place]));
    for (const name of graph.initializers.keys()) this.fixed.set(name, parameters.has(name) ? new Set([name]) : NONE);
    for (const node of graph.nodes) {
      for (const output of node.outputs) this.makers.set(output, node);
      for (const input of new Set(node.inputs)) this.readers.set(input, [...(this.readers.get(input) ?? []), node]);
      this.fix(node, parameters);
    }
    this.layers = graph.nodes.flatMap((node) => {
      const layer = this.layerFrom(node);
      if (layer) this.layerOf.set(node, layer);
      return layer ? [layer] : [];
    });
    const sums = new Set<OnnxNode>();
    this.sums = sums;
    for (const node of graph.nodes) if (this.isSum(node)) sums.add(node);
  }

  isFixed(value: string): boolean {
    return this.fixed.has(value);
  }

  /** The parameters that a value is made of; none for one that moves. */
  weightsOf(value: string | undefined): ReadonlySet<string> {
    return (value === undefined ? undefined : this.fixed.get(value)) ?? NONE;
  }

  readersOf(value: string): readonly OnnxNode[] {
    return this.readers.get(value) ?? [];
  }

  layerAt(node: OnnxNode): LinearUse | undefined {
    return this.layerOf.get(node);
  }

  isFusedAttention({ op }: OnnxNode): boolean {
    return FUSED_ATTENTION.has(op);
  }

  /** A product of two values that move, or an attention. */
  isMixing(node: OnnxNode): boolean {
    return (
      (PRODUCTS.has(node.op) && node.inputs.filter((input) => !this.isFixed(input)).length > 1) ||
      this.isFusedAttention(node)
    );
  }

  /** Whether rows of a table of weights are chosen by what moves. */
  isLookup({ op, inputs }: OnnxNode): boolean {
    return (
      op === "EmbedLayerNormalization" ||
      (op === "Gather" && this.weightsOf(inputs[0]).size > 0 && !this.isFixed(inputs[1]))
    );
  }

  /** Of a node with one input of weights and one that moves, which is which. */
  operandsOf({ inputs }: OnnxNode): { fixed: string; moving: string } | undefined {
    const fixed = inputs.find((input) => this.weightsOf(input).size > 0);
    const moving = inputs.find((input) => !this.isFixed(input));
    return fixed === undefined || moving === undefined || inputs.length !== 2 ? undefined : { fixed, moving };
  }

  /** Whether weights have more than one axis that is longer than one. */
  isWide(value: string): boolean {
    return [...this.weightsOf(value)].some((name) => {
      const shape = this.graph.initializers.get(name)?.tensor?.shape ?? [];
      return sizeOf(shape) > Math.max(1, maxOf(shape));
    });
  }

  /** The layers and products that are met first on the way back from a value; lookups and sums of branches end it, too. */
  behind(value: string): Behind {
    const known = this.met.get(value);
    if (known) return known;
    const layers = new Set<LinearUse>();
    const mixing = new Set<OnnxNode>();
    this.goBack([value], (node) => {
      const layer = this.layerOf.get(node);
      if (layer) layers.add(layer);
      else if (this.isMixing(node)) mixing.add(node);
      return !layer && !mixing.has(node) && node.op !== "Softmax" && !this.sums.has(node) && !this.isLookup(node);
    });
    const found = { layers: [...layers], mixing: [...mixing] };
    this.met.set(value, found);
    return found;
  }

  /** The layer that nothing but shapes, constant factors and biases stand behind. */
  layerStraightBehind(value: string): LinearUse | undefined {
    for (let at = value; ;) {
      const node = this.makers.get(at);
      if (!node) return undefined;
      const layer = this.layerOf.get(node);
      if (layer) return layer;
      const moving = node.inputs.filter((input) => !this.isFixed(input));
      const isStraight = STRAIGHT.has(node.op) || (["Add", "Mul", "Div"].includes(node.op) && moving.length === 1);
      if (!isStraight || (node.op === "Mul" && this.isNormalised(moving[0]))) return undefined;
      at = STRAIGHT.has(node.op) ? node.inputs[0] : moving[0];
    }
  }

  /** The products that a softmax goes into first, and which of their operands it comes by. */
  nextProducts(softmax: OnnxNode): { node: OnnxNode; from: string }[] {
    const found: { node: OnnxNode; from: string }[] = [];
    this.goOn(softmax, (node, from) => {
      if (this.isMixing(node)) found.push({ node, from });
      return !this.isMixing(node) && !this.layerOf.has(node) && node.op !== "Softmax" && !this.sums.has(node);
    });
    return found;
  }

  /** Whether what a node gives is part of a branch that is added next, before another layer. */
  leadsIntoSum(first: OnnxNode): boolean {
    let isFound = false;
    this.goOn(first, (node) => {
      isFound ||= this.sums.has(node);
      return !isFound && !this.layerOf.has(node) && !this.isMixing(node) && node.op !== "Softmax";
    });
    return isFound;
  }

  /** Whether a node changes scores on their way to the softmax. */
  isScore({ inputs }: OnnxNode, scores: ReadonlySet<OnnxNode>): boolean {
    return inputs.some((input) => !this.isFixed(input) && this.behind(input).mixing.some((node) => scores.has(node)));
  }

  /** Whether a value was divided by the root of a mean of squares. */
  isNormalised(value: string): boolean {
    let node = this.makers.get(value);
    while (node && STRAIGHT.has(node.op)) node = this.makers.get(node.inputs[0]);
    if (!node) return false;
    if (node.op === "InstanceNormalization" || node.op === "LayerNormalization") return true;
    return (node.op === "Div" || node.op === "Mul") && node.inputs.some((input) => this.isSpread(input));
  }

  /** All nodes from which one of these is reached, themselves included. */
  leadingTo(isGoal: (node: OnnxNode) => boolean): ReadonlySet<OnnxNode> {
    const leads = new Set<OnnxNode>();
    for (const node of this.nodes.toReversed()) {
      const isRead = () => node.outputs.some((output) => this.readersOf(output).some((next) => leads.has(next)));
      if (isGoal(node) || (!this.isFixed(node.outputs[0]) && isRead())) leads.add(node);
    }
    return leads;
  }

  /** All values that depend on one of these nodes. */
  comingFrom(isOrigin: (node: OnnxNode) => boolean): ReadonlySet<string> {
    const values = new Set<string>();
    for (const node of this.nodes) {
      if (this.isFixed(node.outputs[0])) continue;
      if (isOrigin(node) || node.inputs.some((input) => values.has(input)))
        for (const output of node.outputs) values.add(output);
    }
    return values;
  }

  private fix(node: OnnxNode, parameters: ReadonlySet<string>): void {
    const { op, inputs, outputs } = node;
    const asked = SHAPES.has(op) ? inputs.slice(0, 1) : inputs.filter((input) => input !== "");
    // What only asks how large something is does not move with its numbers.
    const isSize = op === "Constant" || op === "Shape" || op === "Size";
    if (!isSize && (asked.length === 0 || !asked.every((input) => this.fixed.has(input)))) return;
    const of = isSize ? NONE : new Set(asked.flatMap((input) => [...this.weightsOf(input)]));
    for (const output of outputs) this.fixed.set(output, parameters.has(output) ? new Set([output]) : of);
  }

  private layerFrom(node: OnnxNode): LinearUse | undefined {
    const { op, inputs } = node;
    if (!PRODUCTS.has(op) && !WITH_BIAS.has(op)) return undefined;
    const factors = inputs.slice(0, 2);
    const weights = factors.find((input) => this.weightsOf(input).size > 0);
    const input = factors.find((each) => !this.isFixed(each));
    if (weights === undefined || input === undefined) return undefined;
    return {
      node,
      weights: this.weightsOf(weights),
      biases: WITH_BIAS.has(op) ? this.weightsOf(inputs[2]) : NONE,
      isWide: this.joinsNeighbours(node),
      input,
    };
  }

  private joinsNeighbours({ op, inputs }: OnnxNode): boolean {
    if (!op.includes("Conv")) return false;
    return [...this.weightsOf(inputs[1])].some((name) =>
      this.graph.initializers
        .get(name)
        ?.tensor?.shape.slice(2)
        .some((extent) => extent > 1),
    );
  }

  /** x + f(x), where f has a layer or an attention: those of an activation function, as in x + 0.04 x³, have none. */
  private isSum(node: OnnxNode): boolean {
    if (node.op === "SkipLayerNormalization" || node.op === "SkipSimplifiedLayerNormalization") return true;
    if (node.op !== "Add" || node.inputs.length !== 2 || node.inputs.some((input) => this.isFixed(input))) return false;
    const [a, b] = node.inputs;
    const joins = (end: string, value: string) => this.trunkAt(value).some((start) => this.isBranchFrom(end, start));
    return (joins(a, b) || joins(b, a)) && !this.leadsIntoSoftmax(node);
  }

  /** A value, and where it is a sum all that was added: branches that are added one after the other may come from one place. */
  private trunkAt(value: string): string[] {
    const found: string[] = [];
    const open = [value];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const start = this.straightBehind(at);
      found.push(start);
      const maker = this.makers.get(start);
      if (!maker || !this.sums.has(maker)) continue;
      for (const input of maker.inputs) if (!this.isFixed(input)) open.push(input);
    }
    return found;
  }

  /** What is only shaped to become a value. */
  private straightBehind(value: string): string {
    let start = value;
    for (let maker = this.makers.get(start); maker && STRAIGHT.has(maker.op); maker = this.makers.get(start))
      start = maker.inputs[0];
    return start;
  }

  /** A mask that two attentions share comes to the second one through the first, and no branch ends in its sum. */
  private leadsIntoSoftmax(sum: OnnxNode): boolean {
    let isFound = false;
    this.goOn(sum, (node) => {
      isFound ||= node.op === "Softmax";
      return !isFound && !this.layerOf.has(node) && !this.isMixing(node);
    });
    return isFound;
  }

  /** Whether a value comes from another one through a layer. */
  private isBranchFrom(end: string, start: string): boolean {
    const maker = this.makers.get(start);
    const from = maker ? (this.places.get(maker) ?? 0) : -1;
    let isMet = false;
    let hasLayer = false;
    this.goBack([end], (node) => {
      if ((this.places.get(node) ?? 0) <= from) return false;
      hasLayer ||= this.layerOf.has(node) || this.isMixing(node);
      isMet ||= node.inputs.includes(start);
      return true;
    });
    return isMet && hasLayer;
  }

  private isSpread(value: string): boolean {
    const seen = { root: false, mean: false };
    let open = [value];
    for (let step = 0; step < NORM_STEPS && open.length > 0; step++) {
      const nodes = open.flatMap((each) => this.makers.get(each) ?? []);
      for (const { op } of nodes) {
        seen.root ||= ROOTS.has(op);
        // A mean that is subtracted stands behind no root.
        seen.mean ||= seen.root && MEANS.has(op);
      }
      open = nodes.flatMap(({ op, inputs }) => (MEANS.has(op) || PRODUCTS.has(op) ? [] : inputs));
    }
    return seen.root && seen.mean;
  }

  /** Goes back from values, each node once, as long as it is told to go on. */
  private goBack(from: readonly string[], goesOn: (node: OnnxNode) => boolean): void {
    const seen = new Set<OnnxNode>();
    const open = [...from];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      const node = this.makers.get(value);
      if (!node || seen.has(node) || this.isFixed(value)) continue;
      seen.add(node);
      if (goesOn(node)) for (const input of node.inputs) open.push(input);
    }
  }

  private goOn(first: OnnxNode, goesOn: (node: OnnxNode, from: string) => boolean): void {
    const seen = new Set<OnnxNode>();
    const open = [...first.outputs];
    for (let value = open.pop(); value !== undefined; value = open.pop())
      for (const node of this.readersOf(value)) {
        if (seen.has(node) || this.isFixed(node.outputs[0])) continue;
        seen.add(node);
        if (goesOn(node, value)) for (const output of node.outputs) open.push(output);
      }
  }
}
