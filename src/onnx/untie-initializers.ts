import { isFloat } from "../util/tensor.ts";
import type { IsGenerated } from "./generated-names.ts";
import { intakeError, listOf } from "./intake-error.ts";
import type { Notice, OnnxGraph, OnnxNode, StoredTensor } from "./onnx-node.ts";
import { isFilled } from "./fixed-values.ts";
import { areOfOneKind, type Names } from "./retie-tensors.ts";
import { slotRole, type SlotRole } from "./rule.ts";
import { tensorModules } from "./tensor-labels.ts";
import type { FindRule } from "./tensor-uses.ts";

/** How frameworks end the names of the tensors of one layer, by role. */
const SUFFIXES: Partial<Record<SlotRole, readonly string[]>> = {
  gain: ["weight", "gamma", "scale"],
  offset: ["bias", "beta", "bias"],
  weight: ["weight", "kernel", "weight"],
};
const STATISTICS = [
  ["running_mean", "moving_mean", "mean"],
  ["running_var", "moving_variance", "var"],
];

const KEEP_APART_HINT =
  "Export with torch.onnx.export(..., training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False), or after some training, when no two tensors are equal.";

/**
 * Exporters store equal tensors once, which ties parameters that the network has separately: at
 * initialisation every gain is 1 and every bias 0. Two tensors of random numbers are never equal by
 * accident, so a shared tensor with distinct elements is tied on purpose and stays so; one whose
 * elements are all equal is given back to each of its owners (and so is all of a layer that was copied
 * before training: see copiedLayers):
 * - behind Identity nodes (PyTorch's exporter), whose outputs keep the original names;
 * - shared without Identity by layers that have other tensors of their own, which lend their name.
 * Where neither tells, the file is refused, since its parameters are not those of the network.
 */
export function untieInitializers(
  graph: OnnxGraph,
  producer: string,
  findRule: FindRule,
  { isGenerated, isSeparate = () => false }: Names,
): { graph: OnnxGraph; notices: Notice[] } {
  const notices: Notice[] = [];
  const initializers = new Map(graph.initializers);
  const split: string[] = [];
  const tied = new Set<string>();
  const readers = countReaders(graph);
  const copied = copiedLayers(graph, isGenerated);

  const kept = graph.nodes.filter((node) => {
    const [source] = node.inputs;
    const [copy] = node.outputs;
    const stored = node.op === "Identity" && node.domain === "" ? initializers.get(source) : undefined;
    if (!stored?.tensor || !isFloat(stored.tensor.dtype) || graph.outputs.includes(copy)) return true;
    if ((readers.get(source) ?? 0) < 2 && !isSeparate(copy)) return true;
    const isOwn = isSeparate(copy) || (isFilled(stored.tensor) && stored.tensor.data.length > 1);
    if (!isOwn && (!copied.has(`${source}\n${copy}`) || stored.tensor.data.length === 1)) {
      if (stored.tensor.data.length > 1) tied.add(source);
      return true;
    }
    initializers.set(copy, { ...stored, name: copy });
    split.push(copy);
    return false;
  });
  // PyTorch's exporter marks every merger with an Identity: what it shares without one is one tensor of the network.
  const nodes =
    producer === "pytorch" && kept.length < graph.nodes.length
      ? kept
      : untieLayers(kept, initializers, producer, findRule, split);

  if (split.length > 0) {
    notices.push({
      code: "untied-initializers",
      message: `The exporter had merged ${split.length} tensors with equal values into others; they are separate tensors again: ${listOf(split, 6)}.`,
      hint: KEEP_APART_HINT,
    });
  }
  if (tied.size > 0) {
    notices.push({
      code: "tied-parameters",
      message: `Stored once by the file, used in several places and counted once: ${listOf([...tied], 6)}. So the network ties them, or the exporter merged copies that are equal, as they are before training.`,
      hint: KEEP_APART_HINT,
    });
  }
  return { graph: { ...graph, nodes, initializers }, notices };
}

/**
 * Layers that were made as copies of one (as PyTorch's TransformerEncoder makes them) are equal in every
 * random number until they are trained, and the exporter merges them. They show as Identity nodes from
 * `layers.0.x` to `layers.1.x` for all tensors x, some of which still have the values that they start with.
 */
function copiedLayers(graph: OnnxGraph, isGenerated: IsGenerated): ReadonlySet<string> {
  const pairs = graph.nodes.flatMap(({ op, inputs, outputs }) =>
    op === "Identity" && graph.initializers.has(inputs[0]) ? [[inputs[0], outputs[0]] as const] : [],
  );
  const modules = tensorModules(graph, pairs.flat(), isGenerated);
  const layers = new Map<string, { pairs: string[]; starts: boolean }>();
  for (const [source, copy] of pairs) {
    const tensor = graph.initializers.get(source)?.tensor;
    const [mine, theirs] = [modules.get(source), modules.get(copy)];
    if (!tensor || mine === undefined || theirs === undefined || !areOfOneKind(mine, theirs)) continue;
    const layer = `${layerOf(mine, theirs)}\n${layerOf(theirs, mine)}`;
    const known = layers.get(layer) ?? { pairs: [], starts: false };
    known.pairs.push(`${source}\n${copy}`);
    known.starts ||= tensor.data.length > 1 && isFilled(tensor);
    layers.set(layer, known);
  }
  return new Set([...layers.values()].flatMap((layer) => (layer.starts ? layer.pairs : [])));
}

/** The name up to the last number in which it differs from the other. */
function layerOf(name: string, other: string): string {
  const [mine, theirs] = [name.split(/(\d+)/), other.split(/(\d+)/)];
  const last = mine.findLastIndex((part, i) => part !== theirs[i]);
  return mine.slice(0, last + 1).join("");
}

function countReaders(graph: OnnxGraph): Map<string, number> {
  const readers = new Map<string, number>();
  for (const node of graph.nodes) for (const name of node.inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
}

interface LayerUse {
  readonly node: OnnxNode;
  readonly slot: number;
  readonly role: SlotRole;
}

/** Splits filled tensors that several layers read directly. */
function untieLayers(
  nodes: readonly OnnxNode[],
  initializers: Map<string, StoredTensor>,
  producer: string,
  findRule: FindRule,
  split: string[],
): OnnxNode[] {
  const uses = new Map<string, LayerUse[]>();
  for (const node of nodes) {
    const rule = findRule(node);
    node.inputs.forEach((name, slot) => {
      const tensor = initializers.get(name)?.tensor;
      const role = slotRole(rule, slot);
      if (!tensor || !isFloat(tensor.dtype) || tensor.data.length === 1 || !isLayerRole(role) || !isFilled(tensor))
        return;
      uses.set(name, [...(uses.get(name) ?? []), { node, slot, role }]);
    });
  }
  const renamed = new Map<OnnxNode, Map<number, string>>();
  for (const [name, group] of uses) {
    if (group.length < 2) continue;
    const family = (use: LayerUse) =>
      use.node.inputs.filter((each, slot) => slot > 0 && each !== name && initializers.has(each)).join("\n");
    const families = new Set(group.map(family));
    const twice = group.some((use, i) => group.some((other, k) => k > i && other.node === use.node));
    if (families.size === 1 && !twice) {
      // All tensors of these layers are shared: one layer used several times, or several merged altogether.
      if (producer === "pytorch") continue;
      // A shared tensor with distinct elements beside it shows that the layer itself is used again.
      const siblings = group[0].node.inputs.slice(1).flatMap((each) => initializers.get(each)?.tensor ?? []);
      if (siblings.some((tensor) => !isFilled(tensor))) continue;
      throw cannotTell(name, group);
    }
    const owner = group.find((use) => nameFor(use, initializers, name) === name) ?? group[0];
    const given = new Map<string, string>();
    for (const use of group) {
      if (use === owner) continue;
      const key = `${family(use)}|${use.role}|${use.slot}`;
      const fresh = given.get(key) ?? nameFor(use, initializers, name);
      if (fresh === undefined || (fresh !== given.get(key) && initializers.has(fresh))) throw cannotTell(name, group);
      const stored = initializers.get(name);
      if (!given.has(key) && stored) {
        initializers.set(fresh, { ...stored, name: fresh });
        split.push(fresh);
        given.set(key, fresh);
      }
      const slots = renamed.get(use.node) ?? new Map<number, string>();
      renamed.set(use.node, slots.set(use.slot, fresh));
    }
  }
  return nodes.map((node) => {
    const slots = renamed.get(node);
    return slots ? { ...node, inputs: node.inputs.map((name, slot) => slots.get(slot) ?? name) } : node;
  });
}

function isLayerRole(role: SlotRole): boolean {
  return role === "gain" || role === "offset" || role === "statistic";
}

function suffixesOf(role: SlotRole, slot: number): readonly string[] | undefined {
  return role === "statistic" ? STATISTICS[slot - 3] : SUFFIXES[role];
}

/** The name that a tensor of a layer must have had, from the names of the layer's other tensors or its node. */
function nameFor(
  { node, slot, role }: LayerUse,
  initializers: ReadonlyMap<string, StoredTensor>,
  shared: string,
): string | undefined {
  const mine = suffixesOf(role, slot);
  if (!mine) return undefined;
  for (const sibling of node.inputs.slice(1)) {
    if (sibling === shared || !initializers.has(sibling)) continue;
    for (const theirs of Object.values(SUFFIXES).concat(STATISTICS)) {
      const which = theirs.findIndex(
        (suffix) => sibling.endsWith(`.${suffix}`) || sibling.endsWith(`/${suffix}`) || sibling.endsWith(`_${suffix}`),
      );
      if (which >= 0) return sibling.slice(0, -theirs[which].length) + mine[which];
    }
  }
  // PyTorch names nodes after the module: /layer1/bn2/BatchNormalization.
  const path = /^\/(.+)\/[A-Za-z]+(_\d+)?$/.exec(node.name);
  return path ? `${path[1].replaceAll("/", ".")}.${mine[0]}` : undefined;
}

function cannotTell(name: string, group: readonly LayerUse[]) {
  return intakeError(
    "merged-initializers",
    `The tensor ${name} is shared by ${listOf(
      group.map(({ node }) => node.name),
      4,
    )}, and all its elements are equal: the exporter seems to have merged parameters that the network has separately.`,
    { input: name, node: group[0].node.name },
    KEEP_APART_HINT,
  );
}
