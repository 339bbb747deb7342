import type { OnnxNode } from "./onnx-node.ts";
import { isSquaredBehind } from "./tensor-structure.ts";
import type { Reader, TensorUses } from "./tensor-uses.ts";

/*
 * Where a tensor stands towards the layers and the labels of a network: behind the last layer, and
 * in a loss that is part of the file, stand numbers that were chosen far more often than trained.
 */

/**
 * How a tensor enters a loss that the file computes: as a **factor** of terms alone, which nobody
 * trains since the loss would shrink with it (weights of classes and tasks, levels of quantiles,
 * what standardises the labels); **balanced**, as a factor that a term of its own keeps from shrinking, which is how
 * logarithms of variances are trained; or otherwise.
 */
export type LossSide = "factor" | "balanced" | "other";

/** What is as wide as it may be: an output that is scaled behind one was given its range. */
const RANGED = new Set(["Tanh", "Sigmoid", "HardSigmoid", "Softmax", "Exp"]);
const SUMS = new Set(["Add", "Sub", "Neg", "Sum", "Mean", "ReduceSum", "ReduceMean"]);
const COMPARISONS = new Set(["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "Not", "And", "Or"]);

export class LossSides {
  private readonly flow: TensorUses;
  private readonly labels: ReadonlySet<string>;
  /** Values that a layer reads, or reads something of. */
  private readonly feeding: ReadonlySet<string>;

  constructor(flow: TensorUses) {
    this.flow = flow;
    const layers = flow.liveNodes.filter((node) => isLayer(flow, node));
    const read = new Set(layers.flatMap((node) => node.outputs.flatMap((output) => [...flow.inputsBehind(output)])));
    // Labels are inputs that no layer reads, in a network whose layers read others.
    this.labels = new Set(read.size === 0 ? [] : [...flow.inputNames].filter((name) => !read.has(name)));
    const feeding = new Set<string>();
    for (const node of [...flow.liveNodes].reverse())
      if (isLayer(flow, node) || node.outputs.some((output) => feeding.has(output)))
        for (const name of node.inputs) feeding.add(name);
    this.feeding = feeding;
  }

  /** How a tensor enters the loss; undefined where something reads it that labels do not enter. */
  of(name: string): LossSide | undefined {
    if (this.labels.size === 0) return undefined;
    const ends = this.ends(name);
    if (ends.length === 0 || !ends.every(({ node }) => this.meetsLabels(node))) return undefined;
    const others = ends.filter((end) => !this.isFactor(end));
    if (others.length === 0) return "factor";
    const isBalanced = others.length < ends.length && others.some(({ node }) => this.addsUp(node));
    return isBalanced ? "balanced" : "other";
  }

  /** Whether no layer reads what a node gives. */
  isLast(node: OnnxNode): boolean {
    return !node.outputs.some((output) => this.feeding.has(output));
  }

  /**
   * Whether a tensor scales or shifts the outputs of a network, in a place where training it would add
   * nothing: behind the last layer, which has a bias of its own, or behind an activation of bounded range.
   */
  scalesOutput({ node, slot }: Reader): boolean {
    const { flow } = this;
    if (node.inputs.length !== 2 || !this.isLast(node) || this.isBranch(node)) return false;
    const before = flow.producerOf(flow.origin(node.inputs[1 - slot]));
    if (before === undefined) return false;
    // Centres, from which distances are taken, are trained, and thresholds, from which outputs are subtracted.
    if ((node.op === "Add" || node.op === "Sub") && isSquaredBehind(flow, { node, slot })) return false;
    const isShift = node.op === "Add" || (node.op === "Sub" && slot === 1);
    if (isShift) return isBiased(flow, before) || this.scalesBy(before).length > 0;
    return (
      (node.op === "Mul" || (node.op === "Div" && slot === 1)) && (RANGED.has(before.op) || isBiased(flow, before))
    );
  }

  /** Whether a number scales what no layer reads, or shifts what was scaled there: targets were standardised so. */
  scalesLast({ node, slot }: Reader): boolean {
    if (node.inputs.length !== 2 || !this.isLast(node)) return false;
    if (node.op === "Mul" || node.op === "Div") return true;
    const before = this.flow.producerOf(this.flow.origin(node.inputs[1 - slot]));
    if ((node.op !== "Add" && node.op !== "Sub") || (before?.op !== "Mul" && before?.op !== "Div")) return false;
    return before.inputs.some((input) => this.flow.leavesOf(input).length > 0);
  }

  /** Whether a tensor scales a layer that has no bias: its gain, as of a normalisation that was folded into it. */
  scalesLayer({ node, slot }: Reader): boolean {
    const before = this.flow.producerOf(this.flow.origin(node.inputs[1 - slot]));
    const isBare =
      before !== undefined && this.flow.isLinear(before) && isLayer(this.flow, before) && !isBiased(this.flow, before);
    return node.op === "Mul" && isBare && !this.isLast(node);
  }

  /** The tensors, each of more than one number, by which a node scales the outputs. */
  private scalesBy(node: OnnxNode): string[] {
    if (node.op !== "Mul" && node.op !== "Div") return [];
    return node.inputs.flatMap((input, slot) => {
      const leaves = this.flow.leavesOf(input).filter((leaf) => this.flow.tensor(leaf)?.tensor?.data.length !== 1);
      return leaves.length > 0 && this.scalesOutput({ node, slot }) ? leaves : [];
    });
  }

  /** The tensors that scale the outputs which this one shifts. */
  scalesBefore({ node, slot }: Reader): string[] {
    if ((node.op !== "Add" && node.op !== "Sub") || node.inputs.length !== 2) return [];
    const before = this.flow.producerOf(this.flow.origin(node.inputs[1 - slot]));
    return before === undefined ? [] : this.scalesBy(before);
  }

  /** Whether what a node gives is added to another value that is computed from inputs: a branch of a residual network. */
  isBranch(node: OnnxNode): boolean {
    return node.outputs
      .flatMap((output) => this.flow.consumers(output))
      .some((end) => end.node.op === "Add" && this.flow.inputsBehind(end.node.inputs[1 - end.slot]).size > 0);
  }

  /** Where a tensor, or what is computed from tensors of the file alone, meets what inputs enter. */
  private ends(name: string): Reader[] {
    const { flow } = this;
    const values = new Set([name]);
    const ends: Reader[] = [];
    for (const value of values)
      for (const { node, slot } of flow.readersOf(value)) {
        if (flow.roleAt(node, slot) === "structural" || this.givesExtents(node)) continue;
        if (flow.isFree(node) || flow.roleAt(node, slot) === "passes") node.outputs.forEach((each) => values.add(each));
        else ends.push({ node, slot });
      }
    return ends;
  }

  /** Whether nothing but the extents of what a node gives is read. */
  private givesExtents(node: OnnxNode): boolean {
    const readers = node.outputs.flatMap((output) => this.flow.readersOf(output));
    const isExtent = ({ node: reader, slot }: Reader) =>
      reader.op === "Shape" || reader.op === "Size" || this.flow.roleAt(reader, slot) === "structural";
    return readers.length > 0 && readers.every(isExtent) && !node.outputs.some((output) => this.flow.isOutput(output));
  }

  private meetsLabels(node: OnnxNode): boolean {
    return node.outputs.some((output) => [...this.flow.inputsBehind(output)].some((input) => this.labels.has(input)));
  }

  /** Whether what a sum gives comes out of the model in sums, and times constants, alone. */
  private addsUp(sum: OnnxNode): boolean {
    const { flow } = this;
    const nodes = new Set([sum]);
    for (const node of nodes) {
      const others = node.inputs.filter((input) => flow.inputsBehind(input).size > 0);
      const isScaled = (node.op === "Mul" || node.op === "Div") && others.length === 1;
      if (!SUMS.has(node.op) && !isScaled && flow.roleAt(node, 0) !== "passes") continue;
      if (node.outputs.some((output) => flow.isOutput(output))) return true;
      for (const output of node.outputs) for (const reader of flow.readersOf(output)) nodes.add(reader.node);
    }
    return false;
  }

  private isFactor({ node, slot }: Reader): boolean {
    const { flow } = this;
    const role = flow.roleAt(node, slot);
    if (role !== "arithmetic" || node.inputs.length !== 2) return false;
    if (node.op === "Mul" || node.op === "Div") return true;
    // Of comparisons there are no derivatives, and labels are standardised before they meet the outputs.
    const partner = flow.origin(node.inputs[1 - slot]);
    if (COMPARISONS.has(flow.producerOf(partner)?.op ?? "")) return true;
    return [...flow.inputsBehind(partner)].every((input) => this.labels.has(input));
  }
}

/** Whether a tensor of the file is a weight, or a table, of this node. */
function isLayer(flow: TensorUses, node: OnnxNode): boolean {
  return (
    !flow.isFree(node) &&
    node.inputs.some((input, slot) => flow.roleAt(node, slot) === "weight" && flow.leavesOf(input).length > 0)
  );
}

/** Whether a node is a linear layer with a bias, or adds one to it. */
function isBiased(flow: TensorUses, node: OnnxNode): boolean {
  if (isLayer(flow, node)) return node.inputs.length > 2 && node.inputs[2] !== "";
  return (
    node.op === "Add" &&
    node.inputs.some((input, slot) => {
      const before = flow.producerOf(flow.origin(node.inputs[1 - slot]));
      return flow.leavesOf(input).length > 0 && before !== undefined && isLayer(flow, before);
    })
  );
}
