import { create } from "@bufbuild/protobuf";
import { NodeProtoSchema } from "onnx-buf";
import { isFloat, type Shape, type Tensor } from "../util/tensor.ts";
import { fingerprint, isFingerprint } from "./fixed-values.ts";
import type { IsGenerated } from "./generated-names.ts";
import { listOf } from "./intake-error.ts";
import type { Notice, OnnxAttribute, OnnxGraph, OnnxNode, StoredTensor } from "./onnx-node.ts";
import { tensorModules } from "./tensor-labels.ts";
import { type Proportion, proportionNotices, proportions } from "./proportional-tensors.ts";
import { type MadeTie, type Move, moveBetween, type Named, type Tie, typeOf } from "./tensor-tie.ts";

/** What names tell. */
export interface Names {
  readonly isGenerated: IsGenerated;
  /** Whether a tensor is asked for apart from its equals. */
  readonly isSeparate?: (name: string) => boolean;
}

export interface Retied {
  readonly graph: OnnxGraph;
  readonly ties: readonly MadeTie[];
  readonly notices: readonly Notice[];
}

/**
 * Exporters that fold constants store a weight twice where the network has it once: an embedding, and
 * its transpose as the weight of the output layer. Random numbers are never equal by accident, so two
 * tensors that hold the same ones, reshaped or with other axes first, are one parameter again: the
 * copy is computed from its owner, and gradients of both add up. So is one that is a number times the other
 * (`x @ (c · embedding.T)`), where it is one number up to the rounding of its product.
 *
 * Patterns (all equal, identity, positions) prove nothing. Neither do equal tensors that the file
 * stores under names of one kind (`layers.0.weight`, `layers.1.weight`; the same part of two modules
 * that are equal throughout): modules are copied before training, and their parameters are separate.
 */
export function retieTensors(
  graph: OnnxGraph,
  tensors: ReadonlyMap<string, StoredTensor>,
  { isGenerated, isSeparate = () => false }: Names,
): Retied {
  const outputs = new Set(graph.outputs);
  const inNodes = new Set(graph.nodes.flatMap((node) => (node.op === "Constant" ? node.outputs : [])));
  const groups = new Map<string, Named[]>();
  for (const { name, tensor } of tensors.values()) {
    const replaceable = !outputs.has(name) && (graph.initializers.has(name) || inNodes.has(name));
    if (!tensor || !replaceable || !isFloat(tensor.dtype)) continue;
    const key = `${tensor.dtype} ${tensor.data.length} ${fingerprint(tensor)}`;
    const group = groups.get(key);
    if (group) group.push({ name, tensor });
    else groups.set(key, [{ name, tensor }]);
  }
  const modules = tensorModules(graph, tensors.keys(), isGenerated);
  const known = { modules, tensors, isGenerated };
  /** Names of the network before names of the exporter, initialisers before Constant nodes. */
  const rank = ({ name }: Named) => (isGenerated(name) ? 2 : 0) + (graph.initializers.has(name) ? 0 : 1);
  const byRank = (a: Named, b: Named) => rank(a) - rank(b);
  const ties: MadeTie[] = [];
  const roots: Named[] = [];
  const apart: string[] = [];
  for (const group of groups.values()) {
    if (!isFingerprint(group[0].tensor)) continue;
    const owners: Named[] = [];
    for (const each of group.toSorted(byRank)) {
      const owner = owners.find(({ tensor }) => moveBetween(tensor, each.tensor));
      const move = owner && moveBetween(owner.tensor, each.tensor);
      const isOwn = isSeparate(each.name);
      if (owner && move && !isOwn && !areSeparate(owner.name, each.name, move, known)) {
        ties.push({ owner: owner.name, copy: each.name, scale: 1, move, ...typeOf(each) });
        continue;
      }
      if (owner) apart.push(`${owner.name} and ${each.name}`);
      owners.push(each);
    }
    for (const each of owners) roots.push(each);
  }
  const found = proportions(roots.toSorted(byRank));
  const isTied = (each: Proportion) =>
    each.isToRounding && !isSeparate(each.copy) && !areSeparate(each.owner, each.copy, each.move, known);
  const scaled: MadeTie[] = found.filter(isTied);
  // What is a number times another may have copies of its own, which are made of it.
  const all = [...scaled, ...ties];
  return {
    graph: rewritten(graph, all),
    ties: all.map(({ owner, copy, scale, move, shape, dtype }) => ({ owner, copy, scale, move, shape, dtype })),
    notices: [
      ...notices(ties, apart),
      ...proportionNotices(
        scaled,
        found.filter((each) => !isTied(each)),
      ),
    ],
  };
}

/** Whether the file's own names, or the paths of its nodes, say that two tensors with the same numbers are two parameters. */
function areSeparate(
  owner: string,
  copy: string,
  { permutation }: Move,
  {
    modules,
    tensors,
    isGenerated,
  }: Pick<Names, "isGenerated"> & {
    readonly modules: ReadonlyMap<string, string>;
    readonly tensors: ReadonlyMap<string, StoredTensor>;
  },
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
function rewritten(graph: OnnxGraph, ties: readonly MadeTie[]): OnnxGraph {
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

/** Reshape, Transpose, Reshape, and Mul where they differ in scale: from the owner to the copy. */
function moved(
  { owner, copy, scale, move, shape, dtype }: MadeTie,
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
  const [plain, turned, sized] = [`${copy}/tied`, `${copy}/turned`, `${copy}/sized`];
  const placed = (output: string) => [
    node("Reshape", [owner, sizes(`${plain}/shape`, squeezed)], plain),
    node("Transpose", [plain], turned, [["perm", { kind: "ints", value: permutation }]]),
    node("Reshape", [turned, sizes(`${copy}/shape`, shape)], output),
  ];
  if (scale === 1) return placed(copy);
  const factor = `${copy}/scale`;
  const stored: StoredTensor = {
    name: factor,
    tensor: { dtype, shape: [], data: dtype === "float64" ? Float64Array.of(scale) : Float32Array.of(scale) },
    storedAs: dtype,
  };
  return [
    ...placed(sized),
    node("Constant", [], factor, [["value", { kind: "tensor", value: stored }]]),
    node("Mul", [sized, factor], copy),
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
