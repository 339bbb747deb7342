import { allNodes, namesRead, type OnnxGraph, type OnnxNode, type StoredTensor } from "./onnx-node.ts";
import type { IsGenerated } from "./generated-names.ts";
import { slotRole, type OnnxRule, type SlotRole } from "./rule.ts";

export type FindRule = (node: OnnxNode) => OnnxRule | undefined;

/** One place where a tensor is used. */
export interface Use {
  readonly node: OnnxNode;
  readonly slot: number;
  readonly role: SlotRole;
}

/** A node that reads a value, and as which input. */
export interface Reader {
  readonly node: OnnxNode;
  readonly slot: number;
}

/** Extents of the model's inputs as the file declares them, by name. */
export type InputShapes = ReadonlyMap<string, readonly (number | string | undefined)[]>;

const MAX_STEPS = 64;

/**
 * Where the tensors of a file end up. A value is **free** when it is computed from tensors of the file
 * alone: a weight behind arithmetic on other weights (weight norm, masks, scales) is still a weight.
 */
export class TensorUses {
  readonly isGenerated: IsGenerated;
  /** The nodes that an output needs, those of inner graphs included. */
  readonly liveNodes: readonly OnnxNode[];
  private readonly behind = new Map<string, ReadonlySet<string>>();
  private readonly readers = new Map<string, Reader[]>();
  private readonly producers = new Map<string, OnnxNode>();
  private readonly free = new Set<string>();
  private readonly found = new Map<string, readonly Use[]>();
  private readonly inputs: InputShapes;
  private readonly outputs: ReadonlySet<string>;
  private readonly tensors: ReadonlyMap<string, StoredTensor>;
  private readonly findRule: FindRule;

  constructor(
    graph: OnnxGraph,
    inputs: InputShapes,
    tensors: ReadonlyMap<string, StoredTensor>,
    { findRule, isGenerated }: { readonly findRule: FindRule; readonly isGenerated: IsGenerated },
  ) {
    this.findRule = findRule;
    this.isGenerated = isGenerated;
    this.tensors = tensors;
    this.inputs = inputs;
    const outputs = new Set(graph.outputs);
    this.outputs = outputs;
    for (const name of tensors.keys()) this.free.add(name);
    this.liveNodes = [...allNodes(liveNodes(graph))];
    for (const node of this.liveNodes) {
      node.inputs.forEach((name, slot) => {
        if (name === "") return;
        const readers = this.readers.get(name);
        if (readers) readers.push({ node, slot });
        else this.readers.set(name, [{ node, slot }]);
      });
      const nested = [...node.attributes.values()].flatMap((each) => (each.kind === "graph" ? [each.value] : []));
      for (const inner of nested) for (const name of inner.outputs) outputs.add(name);
      const isFree =
        nested.length === 0 &&
        (node.op === "Shape" || node.op === "Size" || node.inputs.every((name) => name === "" || this.free.has(name)));
      for (const name of node.outputs) {
        this.producers.set(name, node);
        if (isFree) this.free.add(name);
      }
    }
  }

  /**
   * The uses of a value, those of its moved copies included. An operand of arithmetic among free
   * values has the use that the result has, unless it is a single number: a factor, not a weight.
   */
  of(name: string): readonly Use[] {
    const known = this.found.get(name);
    if (known) return known;
    const single = (this.tensors.get(name)?.tensor?.data.length ?? 2) === 1;
    const uses = this.follow(name, ({ node, role }) => {
      if (role === "passes") return true;
      return !single && isOpen(role) && this.isFree(node) && !this.endsHere(node);
    });
    this.found.set(name, uses);
    return uses;
  }

  /** Every use of a value and of what `through` lets become of it. */
  private follow(name: string, through: (use: Use) => boolean): Use[] {
    const uses: Use[] = [];
    const seen = new Set([name]);
    for (const value of seen) {
      for (const { node, slot } of this.readers.get(value) ?? []) {
        const use = { node, slot, role: this.roleAt(node, slot) };
        if (!through(use)) {
          uses.push(use);
          continue;
        }
        for (const output of node.outputs) seen.add(output);
        // What comes out of the model unchanged is what somebody uses.
        if (this.endsHere(node)) uses.push({ ...use, role: "arithmetic" });
      }
    }
    return uses;
  }

  tensor(name: string): StoredTensor | undefined {
    return this.tensors.get(name);
  }

  /** The shape that the file declares of an input of the model. */
  declaredShape(name: string): readonly (number | string | undefined)[] | undefined {
    return this.inputs.get(name);
  }

  get inputNames(): Iterable<string> {
    return this.inputs.keys();
  }

  producerOf(name: string): OnnxNode | undefined {
    return this.producers.get(name);
  }

  readersOf(name: string): readonly Reader[] {
    return this.readers.get(name) ?? [];
  }

  /** Whether a value leaves the model, or an inner graph of it. */
  isOutput(name: string): boolean {
    return this.outputs.has(name);
  }

  isFree(node: OnnxNode): boolean {
    return node.outputs.every((output) => this.free.has(output));
  }

  isLinear(node: OnnxNode): boolean {
    return this.findRule(node)?.linear === true;
  }

  private endsHere(node: OnnxNode): boolean {
    return node.outputs.some((output) => this.outputs.has(output));
  }

  roleAt(node: OnnxNode, slot: number): SlotRole {
    return slotRole(this.findRule(node), slot);
  }

  /** What the other operand of a two-operand node is, looking through moves. */
  private partner({ node, slot }: Reader): string | undefined {
    return node.inputs.length === 2 ? this.origin(node.inputs[1 - slot]) : undefined;
  }

  /** The value that was moved and reshaped into this one, and what moved it. */
  origin(name: string, moves: OnnxNode[] = []): string {
    for (let at = name, steps = 0; ; steps++) {
      const producer = this.producers.get(at);
      const next = producer?.inputs[0];
      if (!producer || next === undefined || steps > MAX_STEPS || this.roleAt(producer, 0) !== "passes") return at;
      moves.push(producer);
      at = next;
    }
  }

  /** Readers of a value behind moves. */
  consumers(name: string): Use[] {
    return this.follow(name, ({ role }) => role === "passes");
  }

  /** The tensors of the linear operator in front of an operand. */
  weightsBehind(use: Use): string[] {
    const partner = this.partner(use);
    const producer = partner === undefined ? undefined : this.producers.get(partner);
    return producer?.inputs.flatMap((name) => this.leavesOf(name)) ?? [];
  }

  /** Added to what a linear operator gave. */
  isBias(use: Use): boolean {
    const partner = this.partner(use);
    const producer = partner === undefined ? undefined : this.producers.get(partner);
    return (
      use.node.op === "Add" &&
      producer !== undefined &&
      !this.free.has(use.node.outputs[0]) &&
      this.findRule(producer)?.linear === true
    );
  }

  /** The inputs of the model that the elements of a value are computed from; its extents do not count. */
  inputsBehind(value: string): ReadonlySet<string> {
    const known = this.behind.get(value);
    if (known) return known;
    const seen = new Set([value]);
    for (const each of seen) {
      const producer = this.producers.get(each);
      if (!producer || producer.op === "Shape" || producer.op === "Size") continue;
      for (const read of namesRead(producer)) seen.add(read);
    }
    const inputs = new Set([...seen].filter((each) => this.inputs.has(each)));
    this.behind.set(value, inputs);
    return inputs;
  }

  /** The tensors that a free value is computed from. */
  leavesOf(name: string): string[] {
    const seen = new Set([name]);
    const leaves: string[] = [];
    for (const value of seen) {
      if (this.tensors.has(value)) leaves.push(value);
      else if (this.free.has(value)) for (const each of this.producers.get(value)?.inputs ?? []) seen.add(each);
    }
    return leaves;
  }
}

function isOpen(role: SlotRole): boolean {
  return role === "arithmetic" || role === "choice" || role === "limit";
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
