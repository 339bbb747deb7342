import { AttentionFinder } from "./attention-finder.ts";
import { GraphFlow, type LinearUse } from "./graph-flow.ts";
import type { OnnxGraph } from "./onnx-node.ts";

/** What a tensor of a transformer is there for, in the order in which several are named. */
const ROLES = ["embedding", "QK", "VO", "FFN", "norm", "head"] as const;

export type BlockRole = (typeof ROLES)[number];

const NORMS = new Set([
  "LayerNormalization",
  "SimplifiedLayerNormalization",
  "RMSNormalization",
  "InstanceNormalization",
  "GroupNormalization",
  "BatchNormalization",
]);
const SKIP_NORMS = new Set(["SkipLayerNormalization", "SkipSimplifiedLayerNormalization"]);

/**
 * What the parameters of a transformer are there for, told by the graph alone, whatever its tensors are called:
 *
 * - QK: layers whose results meet in the product below an attention's softmax; VO: those that it weighs, and the next one
 *   behind; both for a tensor that holds queries, keys and values;
 * - FFN: layers one behind the other that join no neighbours, on a branch that is added to what it came from; head: those behind the last such sum;
 * - embedding: tables that are looked up, what is added to or put beside them before the first block or to the scores of an attention, and the
 *   first layer on numbers; norm: scales and shifts behind a division by a spread;
 * - a bias has the role of its layer, a low-rank pair beside a layer that of the layer.
 *
 * A tensor with several uses has several: "embedding and head". What fits none is left out, and nothing is told of a
 * network without attention. Cost: a few passes over the graph.
 *
 * @param names all tensors that were trained, whether they count as parameters now or are held constant
 */
export function blockRoles(graph: OnnxGraph, names: Iterable<string>): ReadonlyMap<string, string> {
  const found = new RoleFinder(graph, new Set(names)).find();
  return new Map(
    [...found].map(([name, roles]) => [name, ROLES.filter((role) => roles.has(role)).join(" and ")] as const),
  );
}

class RoleFinder {
  private readonly flow: GraphFlow;
  private readonly attention: AttentionFinder;
  private readonly roles = new Map<string, Set<BlockRole>>();
  private readonly layers = new Map<LinearUse, Set<BlockRole>>();

  private readonly graph: OnnxGraph;

  constructor(graph: OnnxGraph, parameters: ReadonlySet<string>) {
    this.graph = graph;
    this.flow = new GraphFlow(graph, parameters);
    this.attention = new AttentionFinder(this.flow);
  }

  find(): Map<string, Set<BlockRole>> {
    if (!this.attention.isThere) return this.roles;
    this.nameAttention();
    this.nameLowRank();
    this.nameHeads();
    this.nameFirstLayers();
    this.nameFeedForward();
    this.nameLowRank();
    for (const [layer, roles] of this.layers) for (const role of roles) this.give(layer.weights, role);
    this.nameTables();
    this.nameNorms();
    this.nameBiases();
    return this.roles;
  }

  private nameAttention(): void {
    const { queriesAndKeys, values, packed, mixed } = this.attention;
    for (const value of queriesAndKeys) for (const layer of this.flow.behind(value).layers) this.name(layer, "QK");
    for (const value of values) for (const layer of this.flow.behind(value).layers) this.name(layer, "VO");
    for (const names of packed) for (const role of ["QK", "VO"] as const) this.give(names, role);
    for (const layer of this.flow.layers)
      if (this.flow.behind(layer.input).mixing.some((node) => mixed.has(node))) this.name(layer, "VO");
  }

  /** Layers behind the last sum of a branch with what it came from. */
  private nameHeads(): void {
    const { flow, attention } = this;
    if (flow.sums.size === 0) return;
    const leads = flow.leadingTo((node) => flow.sums.has(node) || attention.nodes.has(node));
    for (const layer of this.unnamed()) if (!leads.has(layer.node)) this.name(layer, "head");
  }

  /** Layers on what the network is fed, before any other layer or table. */
  private nameFirstLayers(): void {
    const { flow } = this;
    const behind = flow.comingFrom(
      (node) => flow.layerAt(node) !== undefined || flow.isLookup(node) || flow.isMixing(node),
    );
    for (const layer of this.unnamed()) if (!behind.has(layer.input)) this.name(layer, "embedding");
  }

  /** Layers that follow each other on a branch, of which the last one leads into its sum. */
  private nameFeedForward(): void {
    const { flow } = this;
    const open = (layer: LinearUse) => !this.layers.has(layer) && !layer.isWide;
    for (const last of this.unnamed()) {
      if (last.isWide || !flow.leadsIntoSum(last.node)) continue;
      const before = flow.behind(last.input);
      if (before.layers.length === 0 || before.mixing.length > 0 || !before.layers.every(open)) continue;
      this.name(last, "FFN");
      for (const layer of before.layers) this.name(layer, "FFN");
    }
    // More than two layers on a branch.
    for (let isNew = true; isNew;) {
      isNew = false;
      for (const [layer, roles] of this.layers)
        if (roles.has("FFN"))
          for (const before of flow.behind(layer.input).layers.filter(open)) {
            this.name(before, "FFN");
            isNew = true;
          }
    }
  }

  /** A layer that only scales and shapes stand between and one that has a role: both are one product. */
  private nameLowRank(): void {
    for (let isNew = true; isNew;) {
      isNew = false;
      for (const layer of this.flow.layers) {
        const first = this.flow.layerStraightBehind(layer.input);
        if (!first) continue;
        const [known, open] = this.layers.has(layer) ? [layer, first] : [first, layer];
        const roles = this.layers.get(known);
        if (!roles || this.layers.has(open)) continue;
        for (const role of roles) this.name(open, role);
        isNew = true;
      }
    }
  }

  private nameTables(): void {
    const { flow, attention } = this;
    const inTrunk = flow.comingFrom((node) => flow.sums.has(node) || attention.nodes.has(node));
    for (const node of this.graph.nodes) {
      if (flow.isLookup(node)) {
        const tables = node.op === "EmbedLayerNormalization" ? node.inputs.slice(2, 5) : node.inputs.slice(0, 1);
        for (const table of tables) this.give(flow.weightsOf(table), "embedding");
      }
      if (node.op !== "Add" && node.op !== "Concat" && node.op !== "Where") continue;
      const isScore = flow.isScore(node, attention.scores);
      for (const input of node.inputs) {
        const isTable = flow.isFixed(input) && (node.op !== "Add" || flow.isWide(input));
        const others = node.inputs.filter((other) => !flow.isFixed(other));
        if (isTable && (isScore || others.every((other) => !inTrunk.has(other))))
          this.give(flow.weightsOf(input), "embedding");
      }
    }
  }

  private nameNorms(): void {
    const { flow } = this;
    for (const node of this.graph.nodes) {
      if (NORMS.has(node.op)) for (const input of node.inputs.slice(1, 3)) this.give(flow.weightsOf(input), "norm");
      if (SKIP_NORMS.has(node.op))
        for (const input of node.inputs.slice(2, 4)) this.give(flow.weightsOf(input), "norm");
      if (node.op === "EmbedLayerNormalization")
        for (const input of node.inputs.slice(5, 7)) this.give(flow.weightsOf(input), "norm");
      const operands = node.op === "Mul" ? flow.operandsOf(node) : undefined;
      if (!operands || !flow.isNormalised(operands.moving)) continue;
      this.give(flow.weightsOf(operands.fixed), "norm");
      for (const next of flow.readersOf(node.outputs[0])) {
        const shift = next.op === "Add" ? flow.operandsOf(next) : undefined;
        if (shift) this.give(flow.weightsOf(shift.fixed), "norm");
      }
    }
  }

  /** What is added behind a layer has its role. */
  private nameBiases(): void {
    const { flow } = this;
    for (const layer of flow.layers) for (const role of this.layers.get(layer) ?? []) this.give(layer.biases, role);
    for (const node of this.graph.nodes) {
      const operands = node.op === "Add" ? flow.operandsOf(node) : undefined;
      const layer = operands && flow.layerStraightBehind(operands.moving);
      if (!layer || flow.isWide(operands.fixed)) continue;
      for (const role of this.layers.get(layer) ?? []) this.give(flow.weightsOf(operands.fixed), role);
    }
  }

  private unnamed(): LinearUse[] {
    return this.flow.layers.filter((layer) => !this.layers.has(layer));
  }

  private name(layer: LinearUse, role: BlockRole): void {
    this.layers.set(layer, new Set([...(this.layers.get(layer) ?? []), role]));
  }

  private give(names: Iterable<string>, role: BlockRole): void {
    for (const name of names) this.roles.set(name, new Set([...(this.roles.get(name) ?? []), role]));
  }
}
