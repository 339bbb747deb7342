import { isFloat, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { allNodes, type OnnxGraph, type OnnxNode, type StoredTensor } from "./onnx-node.ts";
import { slotRole, type OnnxRule, type SlotRole } from "./rule.ts";

/** A tensor of the file and what it is taken for. */
export interface TensorRole {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: Tensor["dtype"];
  readonly role: "parameter" | "statistic" | "constant";
  /** Why, as a clause: "kernel of Conv /conv1/Conv". */
  readonly reason: string;
}

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: FloatType;
  readonly data: Float32Array | Float64Array;
  readonly reason: string;
}

interface Use {
  readonly node: OnnxNode;
  readonly slot: number;
  readonly role: SlotRole;
}

export type FindRule = (node: OnnxNode) => OnnxRule | undefined;

/** Names that training frameworks give to trained tensors, for those of a single element. */
const TRAINED_NAME = /(^|[._/])(weight|bias|gamma|beta|kernel|alpha|gain|logit_scale|resweight)$/;

/** Names that PyTorch's exporters make up; the others are those of the module's tensors. */
const GENERATED_NAME =
  /^(\/|onnx::|\d|_?(val|const|tensor_constant|lifted_tensor|scalar_tensor|clone|detach|arange)(_|\d|$))/;

/** What an additive mask puts where nothing may be seen. */
const MASKED = -1e4;

/**
 * Which tensors of a file are parameters, which are statistics, which are constants, each with the
 * reason. ONNX does not say, so the decision follows the role that a tensor plays for the operators
 * that read it (through reshapes, transpositions, casts), and where that leaves a doubt, its values:
 *
 * 1. not floating point, or no output depends on it: constant;
 * 2. an operator's weight, gain, offset, or a bias added behind a linear operator: parameter;
 * 3. running mean or variance of a normalisation: statistic;
 * 4. sizes, limits, conditions, fill values, masks: constant;
 * 5. a table that is provably computed (positions, rotary frequencies, sinusoids), or that only
 *    centres or scales the model's input: constant;
 * 6. a single number: constant, unless its name says that it was trained;
 * 7. any other float tensor: parameter.
 *
 * Tensors in Constant nodes are constants, except in files that keep all their weights there.
 */
export function tensorRoles(
  graph: OnnxGraph,
  tensors: ReadonlyMap<string, StoredTensor>,
  producer: string,
  findRule: FindRule,
): TensorRole[] {
  const uses = new Uses(graph, findRule);
  const inNodes = (name: string) => !graph.initializers.has(name);
  const isWeight = (name: string) => uses.of(name).some(({ role }) => role === "weight");
  const keepsWeightsInNodes = ![...tensors.keys()].some((name) => !inNodes(name) && isWeight(name));
  return [...tensors.values()].flatMap((stored) => {
    const { name, tensor } = stored;
    if (!tensor) return [];
    const counts = !inNodes(name) || keepsWeightsInNodes;
    const named = TRAINED_NAME.test(name) || (producer === "pytorch" && !inNodes(name) && !GENERATED_NAME.test(name));
    const decided = decide(name, tensor, uses, counts, named);
    return [{ name, shape: tensor.shape, dtype: tensor.dtype, ...decided }];
  });
}

function decide(
  name: string,
  tensor: Tensor,
  uses: Uses,
  counts: boolean,
  named: boolean,
): Pick<TensorRole, "role" | "reason"> {
  const constant = (reason: string) => ({ role: "constant" as const, reason });
  const parameter = (reason: string) => ({ role: "parameter" as const, reason });
  const found = uses.of(name);
  if (!isFloat(tensor.dtype)) return constant(tensor.dtype === "bool" ? "truth values" : "integers");
  if (found.length === 0) return constant("no output depends on it");
  if (!counts) return constant("value of a Constant node, in a file that keeps its weights as initialisers");
  const by = (...roles: SlotRole[]) => found.find(({ role }) => roles.includes(role));
  const single = tensor.data.length === 1;

  const computed = computedTable(tensor);
  const direct = by("weight", "gain", "offset");
  if (direct && !computed) return parameter(`${ROLE_NAMES[direct.role]} of ${direct.node.op} ${direct.node.name}`);
  const statistic = by("statistic");
  if (statistic)
    return { role: "statistic", reason: `running statistic of ${statistic.node.op} ${statistic.node.name}` };
  if (computed) return constant(computed);
  const bias = found.find((use) => use.role === "arithmetic" && uses.isBias(use));
  if (bias) return parameter(`bias added by ${bias.node.name}`);
  const live = found.filter(({ role }) => role !== "structural");
  if (live.length === 0)
    return constant(`size, limit, index or condition of ${found[0].node.op} ${found[0].node.name}`);
  if (isMask(tensor)) return constant("mask: zeros and minus infinity, or zeros and ones");
  const filled = isFilled(tensor);
  if (filled && live.every(({ role }) => role === "choice"))
    return constant(`fill value of ${live[0].node.op} ${live[0].node.name}`);
  if (filled && live.every(({ role }) => role === "state"))
    return constant(`start of the recurrence ${live[0].node.name}`);
  if (live.every((use) => uses.normalizesInput(use)))
    return constant(`centres or scales the model's input in ${live[0].node.name}`);
  if (single && !named) return constant("a single number");
  const [first] = live;
  return parameter(`${ROLE_NAMES[first.role]} of ${first.node.op} ${first.node.name}`);
}

const ROLE_NAMES: Record<SlotRole, string> = {
  weight: "weight",
  gain: "gain",
  offset: "bias",
  statistic: "statistic",
  table: "table",
  state: "initial state",
  choice: "branch",
  passes: "operand",
  structural: "operand",
  arithmetic: "operand",
};

/** Where tensors end up, through operators that only move them. */
class Uses {
  private readonly readers = new Map<string, { node: OnnxNode; slot: number }[]>();
  private readonly producers = new Map<string, OnnxNode>();
  private readonly found = new Map<string, readonly Use[]>();
  private readonly findRule: FindRule;
  private readonly inputs: ReadonlySet<string>;

  constructor(graph: OnnxGraph, findRule: FindRule) {
    this.findRule = findRule;
    this.inputs = new Set(graph.inputs.filter((name) => !graph.initializers.has(name)));
    const live = liveNodes(graph);
    for (const node of allNodes(live)) {
      node.inputs.forEach((name, slot) => {
        if (name === "") return;
        const readers = this.readers.get(name);
        if (readers) readers.push({ node, slot });
        else this.readers.set(name, [{ node, slot }]);
      });
      for (const name of node.outputs) this.producers.set(name, node);
    }
  }

  /** The uses of a value, those of its moved copies included. */
  of(name: string): readonly Use[] {
    const known = this.found.get(name);
    if (known) return known;
    this.found.set(name, []);
    const uses = (this.readers.get(name) ?? []).flatMap(({ node, slot }) => {
      const role = slotRole(this.findRule(node), slot);
      return role === "passes" ? node.outputs.flatMap((output) => this.of(output)) : [{ node, slot, role }];
    });
    this.found.set(name, uses);
    return uses;
  }

  /** What the other operand of a two-operand node is made by, looking through moves. */
  private partner({ node, slot }: Use): string | undefined {
    return node.inputs.length === 2 ? this.origin(node.inputs[1 - slot]) : undefined;
  }

  private origin(name: string): string {
    for (let at = name, steps = 0; ; steps++) {
      const producer = this.producers.get(at);
      const next = producer?.inputs[0];
      if (!producer || next === undefined || steps > 64 || slotRole(this.findRule(producer), 0) !== "passes") return at;
      at = next;
    }
  }

  isBias(use: Use): boolean {
    const partner = this.partner(use);
    const producer = partner === undefined ? undefined : this.producers.get(partner);
    return use.node.op === "Add" && producer !== undefined && this.findRule(producer)?.linear === true;
  }

  normalizesInput(use: Use): boolean {
    const partner = this.partner(use);
    if (partner === undefined || (use.node.op !== "Sub" && use.node.op !== "Div") || use.slot !== 1) return false;
    if (this.inputs.has(partner)) return true;
    // Div behind the Sub that centres.
    const before = this.producers.get(partner);
    return use.node.op === "Div" && before?.op === "Sub" && this.inputs.has(this.origin(before.inputs[0]));
  }
}

/** The nodes that an output needs. */
export function liveNodes(graph: OnnxGraph): OnnxNode[] {
  const needed = new Set(graph.outputs);
  const live: OnnxNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    live.push(node);
    for (const each of allNodes([node])) for (const name of each.inputs) needed.add(name);
    for (const each of node.attributes.values())
      if (each.kind === "graph") each.value.outputs.forEach((name) => needed.add(name));
  }
  return live.reverse();
}

/** All elements equal, so that the values cannot tell two tensors apart. */
export function isFilled({ data }: Tensor): boolean {
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return false;
  return true;
}

function isMask({ data, shape }: Tensor): boolean {
  let masked = 0;
  let ones = 0;
  for (const element of data) {
    if (element <= MASKED) masked++;
    else if (element === 1) ones++;
    else if (element !== 0) return false;
  }
  if (masked > 0) return true;
  return ones > 0 && ones < data.length && shape.length >= 2;
}

/**
 * A table that is computed rather than trained: 0, 1, 2, … (positions); 1, r, r², … (rotary
 * frequencies); columns that are sampled sinusoids, which obey x[t+1] + x[t−1] = 2·cos ω·x[t].
 */
function computedTable({ data, shape }: Tensor): string | undefined {
  const count = data.length;
  if (count < 4) return undefined;
  if (data.every((element, i) => element === i)) return "positions 0, 1, 2, …";
  const ratio = data[1] / data[0];
  if (
    data[0] === 1 &&
    ratio > 0 &&
    ratio < 1 &&
    data.every((element, i) => Math.abs(element - ratio ** i) <= 1e-4 * ratio ** i)
  ) {
    return "rotary frequencies: powers of one number";
  }
  const rows = shape[shape.length - 2] ?? 0;
  const columns = shape[shape.length - 1] ?? 0;
  if (rows < 4 || columns < 2 || count !== rows * columns) return undefined;
  if (!data.every((element) => Math.abs(element) <= 1 + 1e-6)) return undefined;
  let varied = 0;
  for (let column = 0; column < columns; column++) {
    const at = (row: number) => data[row * columns + column];
    // cos ω by least squares over the column; one that never moves (ω = 0) fits too.
    let top = 0;
    let bottom = 0;
    for (let row = 1; row + 1 < rows; row++) {
      top += at(row) * (at(row + 1) + at(row - 1));
      bottom += at(row) * at(row);
    }
    const twiceCos = bottom === 0 ? 0 : top / bottom;
    if (Math.abs(twiceCos) > 2 + 1e-4) return undefined;
    for (let row = 1; row + 1 < rows; row++) {
      if (Math.abs(at(row + 1) + at(row - 1) - twiceCos * at(row)) > 1e-3) return undefined;
    }
    // Small columns pass without proof; only those of full amplitude count as evidence.
    let largest = 0;
    for (let row = 0; row < rows; row++) largest = Math.max(largest, Math.abs(at(row)));
    if (largest > 0.9) varied++;
  }
  return varied * 2 >= columns && !isFilled({ data, shape, dtype: "float64" }) ? "sampled sinusoids" : undefined;
}
