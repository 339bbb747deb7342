import { create } from "@bufbuild/protobuf";
import { NodeProtoSchema } from "onnx-buf";
import { isFloat, sizeOf, type Shape, type Tensor } from "../util/tensor.ts";
import { fingerprint, isFingerprint } from "./fixed-values.ts";
import { listOf } from "./intake-error.ts";
import type { Notice, OnnxAttribute, OnnxGraph, OnnxNode, StoredTensor } from "./onnx-node.ts";
import { tensorModules } from "./tensor-labels.ts";
import { isGenerated } from "./tensor-names.ts";

/** Two tensors of a file that are one parameter of the network. */
export interface Tie {
  /** The tensor that stays. */
  readonly owner: string;
  readonly copy: string;
}

export interface Retied {
  readonly graph: OnnxGraph;
  readonly ties: readonly Tie[];
  readonly notices: readonly Notice[];
}

/** How a copy comes from its owner: the axes of the owner without those of extent 1, in the copy's order. */
interface Move {
  readonly squeezed: Shape;
  readonly permutation: readonly number[];
}

/**
 * Exporters that fold constants store a weight twice where the network has it once: an embedding, and
 * its transpose as the weight of the output layer. Random numbers are never equal by accident, so two
 * tensors that hold the same ones, reshaped or with other axes first, are one parameter again: the
 * copy is computed from its owner, and gradients of both add up.
 *
 * Patterns (all equal, identity, positions) prove nothing. Neither do equal tensors that the file
 * stores under names of one kind (`layers.0.weight`, `layers.1.weight`; the same part of two modules
 * that are equal throughout): modules are copied before training, and their parameters are separate.
 */
export function retieTensors(graph: OnnxGraph, tensors: ReadonlyMap<string, StoredTensor>): Retied {
  const outputs = new Set(graph.outputs);
  const inNodes = new Set(graph.nodes.flatMap((node) => (node.op === "Constant" ? node.outputs : [])));
  const groups = new Map<string, { name: string; tensor: Tensor }[]>();
  for (const { name, tensor } of tensors.values()) {
    const replaceable = !outputs.has(name) && (graph.initializers.has(name) || inNodes.has(name));
    if (!tensor || !replaceable || !isFloat(tensor.dtype)) continue;
    const key = `${tensor.dtype} ${tensor.data.length} ${fingerprint(tensor)}`;
    const group = groups.get(key);
    if (group) group.push({ name, tensor });
    else groups.set(key, [{ name, tensor }]);
  }
  const modules = tensorModules(graph, tensors.keys());
  const ties: (Tie & { readonly move: Move; readonly shape: Shape })[] = [];
  const apart: string[] = [];
  for (const group of groups.values()) {
    if (group.length < 2 || !isFingerprint(group[0].tensor)) continue;
    const owners: typeof group = [];
    for (const each of group.toSorted((a, b) => rank(graph, a.name) - rank(graph, b.name))) {
      const owner = owners.find(({ tensor }) => moveBetween(tensor, each.tensor));
      const move = owner && moveBetween(owner.tensor, each.tensor);
      if (owner && move && !areSeparate(owner.name, each.name, move, modules, tensors)) {
        ties.push({ owner: owner.name, copy: each.name, move, shape: each.tensor.shape });
        continue;
      }
      if (owner) apart.push(`${owner.name} and ${each.name}`);
      owners.push(each);
    }
  }
  return {
    graph: rewritten(graph, ties),
    ties: ties.map(({ owner, copy }) => ({ owner, copy })),
    notices: [...notices(ties, apart), ...proportionNotices(proportions(groups))],
  };
}

/** Rounding of a product in float32, and of the ratio found from its norms. */
const RATIO_TOLERANCE = 4 * 2 ** -23;

interface Proportion {
  readonly owner: string;
  readonly copy: string;
  readonly ratio: number;
}

/**
 * Matrices of random numbers that are one scale factor apart, up to transposition: an exporter has
 * multiplied the factor in (`x @ (c · embedding.T)`). Found by Σx⁴/(Σx²)², which no factor changes.
 */
function proportions(groups: ReadonlyMap<string, readonly { name: string; tensor: Tensor }[]>): Proportion[] {
  const found: Proportion[] = [];
  const bySize = new Map<string, { name: string; tensor: Tensor; square: number; shapeOf: number }[]>();
  for (const [{ name, tensor }] of groups.values()) {
    if (tensor.shape.filter((extent) => extent !== 1).length < 2 || !isFingerprint(tensor)) continue;
    let square = 0;
    let fourth = 0;
    for (const element of tensor.data) {
      square += element ** 2;
      fourth += element ** 4;
    }
    const key = `${tensor.dtype} ${tensor.data.length}`;
    const alike = bySize.get(key) ?? [];
    bySize.set(key, alike);
    const shapeOf = fourth / square ** 2;
    for (const other of alike) {
      if (!(Math.abs(other.shapeOf / shapeOf - 1) < 1e-5)) continue;
      const size = Math.sqrt(square / other.square);
      const ratio = [size, -size].find((scale) => moveBetween(other.tensor, tensor, scale));
      if (ratio !== undefined) found.push({ owner: other.name, copy: name, ratio });
    }
    alike.push({ name, tensor, square, shapeOf });
  }
  return found;
}

function proportionNotices(found: readonly Proportion[]): Notice[] {
  if (found.length === 0) return [];
  const pairs = found.map(({ owner, copy, ratio }) => `${copy} is ${Number(ratio.toPrecision(6))} times ${owner}`);
  return [
    {
      code: "proportional-parameters",
      message: `The file holds matrices that are a number times each other, up to transposition, which random numbers never are by accident; they count as tensors of their own: ${listOf(pairs, 6)}. If the network ties them, derivatives with respect to the shared weights are others than these: export it without constant folding, so that the file holds the weights once.`,
    },
  ];
}

/** Names of the network before names of the exporter, initialisers before Constant nodes. */
function rank(graph: OnnxGraph, name: string): number {
  return (isGenerated(name) ? 2 : 0) + (graph.initializers.has(name) ? 0 : 1);
}

/** The move that makes the copy of the owner, where there is one; `scale` is divided out, to rounding. */
function moveBetween(owner: Tensor, copy: Tensor, scale = 1): Move | undefined {
  const squeezed = owner.shape.filter((extent) => extent !== 1);
  const target = copy.shape.filter((extent) => extent !== 1);
  if (owner.data.every((element, i) => isScaled(element, copy.data[i], scale)))
    return { squeezed, permutation: squeezed.map((_, axis) => axis) };
  if (squeezed.length !== target.length || squeezed.length > 4) return undefined;
  const permutation = permutations(squeezed.length).find(
    (order) =>
      order.every((axis, i) => squeezed[axis] === target[i]) && isPermuted(owner, squeezed, copy, order, scale),
  );
  return permutation && { squeezed, permutation };
}

/** Whether two numbers are equal, or in the ratio `scale` up to the rounding of float32. */
function isScaled(element: number, copy: number, scale: number): boolean {
  if (scale === 1) return element === copy;
  return Math.abs(copy - scale * element) <= RATIO_TOLERANCE * Math.abs(copy);
}

function isPermuted(owner: Tensor, shape: Shape, copy: Tensor, order: readonly number[], scale: number): boolean {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const target = order.map((axis) => shape[axis]);
  const index = target.map(() => 0);
  for (const element of copy.data) {
    const at = index.reduce((sum, each, i) => sum + each * strides[order[i]], 0);
    if (!isScaled(owner.data[at], element, scale)) return false;
    for (let i = index.length - 1; i >= 0; i--) {
      if (++index[i] < target[i]) break;
      index[i] = 0;
    }
  }
  return true;
}

function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, at) => [...rest.slice(0, at), count - 1, ...rest.slice(at)]),
  );
}

/** Whether the file's own names, or the paths of its nodes, say that two tensors with the same numbers are two parameters. */
function areSeparate(
  owner: string,
  copy: string,
  { permutation }: Move,
  modules: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, StoredTensor>,
): boolean {
  if (permutation.some((axis, i) => axis !== i)) return false;
  const [mine, theirs] = [modules.get(owner), modules.get(copy)];
  if (mine !== undefined && theirs !== undefined && areOfOneKind(mine, theirs)) return true;
  if (isGenerated(owner) || isGenerated(copy)) return false;
  // Networks tie matrices; a vector under a name of its own is one of its own.
  return permutation.length < 2 || areOfOneKind(owner, copy) || areCopiedModules(owner, copy, tensors);
}

/** "layers.0" and "layers.1": names that differ in numbers only. */
export function areOfOneKind(name: string, other: string): boolean {
  return name !== other && name.replace(/\d+/g, "#") === other.replace(/\d+/g, "#");
}

/** Whether all that the two modules have in common is equal, in more than one tensor. */
function areCopiedModules(owner: string, copy: string, tensors: ReadonlyMap<string, StoredTensor>): boolean {
  const [mine, theirs] = [owner.split("."), copy.split(".")];
  let shared = 0;
  while (shared + 1 < Math.min(mine.length, theirs.length) && mine.at(-1 - shared) === theirs.at(-1 - shared)) shared++;
  if (shared === 0) return false;
  const prefix = `${mine.slice(0, -shared).join(".")}.`;
  const other = `${theirs.slice(0, -shared).join(".")}.`;
  let equal = 0;
  for (const [name, { tensor }] of tensors) {
    const twin = name.startsWith(prefix) ? tensors.get(other + name.slice(prefix.length))?.tensor : undefined;
    if (!tensor || !twin) continue;
    if (tensor.data.length !== twin.data.length || tensor.data.some((element, i) => element !== twin.data[i]))
      return false;
    equal++;
  }
  return equal > 1;
}

/** The graph with every copy computed from its owner. */
function rewritten(
  graph: OnnxGraph,
  ties: readonly (Tie & { readonly move: Move; readonly shape: Shape })[],
): OnnxGraph {
  if (ties.length === 0) return graph;
  const copies = new Set(ties.map(({ copy }) => copy));
  const owners = new Set(ties.map(({ owner }) => owner));
  const initializers = new Map([...graph.initializers].filter(([name]) => !copies.has(name)));
  const made = ties.flatMap((tie) => moved(tie, initializers));
  const kept = graph.nodes.filter(({ op, outputs }) => op !== "Constant" || !copies.has(outputs[0]));
  const first = kept.filter(({ op, outputs }) => op === "Constant" && owners.has(outputs[0]));
  return {
    ...graph,
    inputs: graph.inputs.filter((name) => !copies.has(name)),
    initializers,
    nodes: [...first, ...made, ...kept.filter((node) => !first.includes(node))],
  };
}

/** Reshape, Transpose, Reshape: from the owner's shape to the copy's. */
function moved(
  { owner, copy, move, shape }: Tie & { readonly move: Move; readonly shape: Shape },
  initializers: Map<string, StoredTensor>,
): OnnxNode[] {
  const { squeezed, permutation } = move;
  const sizes = (name: string, extents: Shape) => {
    const tensor: Tensor = { dtype: "int64", shape: [extents.length], data: Float64Array.from(extents) };
    initializers.set(name, { name, tensor, storedAs: "int64" });
    return name;
  };
  const node = (
    op: string,
    inputs: string[],
    output: string,
    attributes: [string, OnnxAttribute][] = [],
  ): OnnxNode => ({
    op,
    domain: "",
    opset: 13,
    name: `${copy}/${op}`,
    inputs,
    outputs: [output],
    attributes: new Map(attributes),
    proto: create(NodeProtoSchema, { opType: op, input: inputs, output: [output] }),
  });
  const [plain, turned] = [`${copy}/tied`, `${copy}/turned`];
  return [
    node("Reshape", [owner, sizes(`${plain}/shape`, squeezed)], plain),
    node("Transpose", [plain], turned, [["perm", { kind: "ints", value: permutation }]]),
    node("Reshape", [turned, sizes(`${copy}/shape`, shape)], copy),
  ];
}

function notices(ties: readonly Tie[], apart: readonly string[]): Notice[] {
  const found: Notice[] = [];
  if (ties.length > 0)
    found.push({
      code: "retied-parameters",
      message: `The file holds the same numbers twice, which random numbers never are by accident; each pair is one parameter again: ${listOf(
        ties.map(({ owner, copy }) => `${copy} is ${owner}`),
        6,
      )}.`,
    });
  if (apart.length > 0)
    found.push({
      code: "equal-parameters",
      message: `Equal in every number, but parameters of their own by their names, and counted so: ${listOf(apart, 4)}.`,
      hint: "If the network ties them, export it so that the file holds them once.",
    });
  return found;
}
