import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, type ModelProto, type ValueInfoProto } from "onnx-buf";
import { fileKind, HEAD_BYTES } from "../files/file-kind.ts";
import { isFloat } from "../util/tensor.ts";
import type { ThalwegError } from "../util/thalweg-error.ts";
import { attributeWeights } from "./attribute-weights.ts";
import { dtypeOf, elementTypeName, type ExternalReader } from "./decode-tensor.ts";
import { generatedNames, type IsGenerated } from "./generated-names.ts";
import { foldedNormNotices, foldedNorms } from "./derived-tensors.ts";
import { importLimits, type ImportLimits } from "./import-limits.ts";
import { intakeError, listOf } from "./intake-error.ts";
import {
  allNodes,
  type DeclaredValue,
  type Notice,
  type OnnxGraph,
  type OnnxNode,
  type StoredTensor,
} from "./onnx-node.ts";
import { tensorRoles, type Parameter } from "./parameter-roles.ts";
import { promotionNotices } from "./promotion-notices.ts";
import { wrapNotices } from "./wrap-notices.ts";
import { GraphReader } from "./read-graph.ts";
import { retieTensors } from "./retie-tensors.ts";
import type { TensorRole } from "./role-decision.ts";
import { storedForms } from "./stored-forms.ts";
import type { MadeTie } from "./tensor-tie.ts";
import { ruleOf } from "./rules/registry.ts";
import { untieInitializers } from "./untie-initializers.ts";

export type { Notice } from "./onnx-node.ts";
export type { Parameter } from "./parameter-roles.ts";
export type { TensorRole } from "./role-decision.ts";

/** A decoded and validated ONNX file: functions inlined, tensors decoded and sorted by role, shapes still open. */
export interface ModelFile {
  readonly file: string;
  readonly name: string;
  readonly irVersion: number;
  /** Opset of the standard domain. */
  readonly opset: number;
  /** Name and version of the exporter. */
  readonly producer: string;
  /** Inputs that have to be fed: not initialisers. */
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly TensorRole[];
  /** Other tensors of the file, each with the reason why it is not a parameter. */
  readonly constants: readonly TensorRole[];
  readonly notices: readonly Notice[];
  /** Nodes in topological order, and the initialisers under their (restored) names. */
  readonly graph: OnnxGraph;
  /** Every decoded tensor: initialisers and Constant nodes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The names under which tensors are shown, for those whose own name an exporter made up. */
  readonly labels: ReadonlyMap<string, string>;
  /** Tensors of the file that are computed from others, since both are one parameter. */
  readonly ties: readonly MadeTie[];
  /** Declared types and shapes of inner values. */
  readonly declared: ReadonlyMap<string, DeclaredValue>;
  /** What it may grow to when it is imported. */
  readonly limits: ImportLimits;
}

export interface DecodeOptions {
  /** The name under which the file appears in messages. */
  readonly file: string;
  /** Reads data that the model keeps in other files; locations have passed `safeLocation`. */
  readonly external?: ExternalReader;
  /** By how much the usual limits on what a model may grow to are raised; 1 when absent. */
  readonly limit?: number;
}

/** The newest opset whose operators were read against their definitions. */
const NEWEST_OPSET = 26;

/**
 * Reads an ONNX file. Everything that can be wrong with it, short of shapes and operators, is found
 * here and thrown as one ThalwegError.
 *
 * @param isSeparate whether the network is known to have a tensor of this name to itself: then it has here, too, where an
 *   exporter stored it once with others that were equal, as they are before training
 * @example
 * const model = decodeModel(bytes, { file: "model.onnx" });
 * model.parameters.map(({ name }) => name); // ["0.weight", "0.bias", …]
 */
export function decodeModel(
  bytes: Uint8Array,
  options: DecodeOptions,
  isSeparate?: (name: string) => boolean,
): ModelFile {
  const { file } = options;
  const proto = parse(bytes, file);
  if (!proto.graph) throw notOnnx(bytes, file, "it has no graph");
  const limits = importLimits(options.limit);
  const reader = new GraphReader(proto, options.external, limits);
  const decoded = attributeWeights(reader.read(proto.graph), ruleOf);
  const stored = storedForms(decoded, collectTensors(decoded), ruleOf);
  const isGenerated = generatedNames(proto.producerName, decoded.nodes);
  const names = { isGenerated, isSeparate };
  const untied = untieInitializers(stored.graph, proto.producerName, ruleOf, names);
  const { graph, ties, notices: retied } = retieTensors(untied.graph, collectTensors(untied.graph), names);

  const inputs = proto.graph.input
    .filter(({ name }) => !decoded.initializers.has(name))
    .map((each) => declaredOrThrow(each, file));
  const named = new Set<string>();
  const repeated = inputs.find(({ name }) => named.size === named.add(name).size);
  if (repeated)
    throw intakeError("duplicate-name", `The model has two inputs with the name ${repeated.name}.`, {
      file,
      input: repeated.name,
    });
  if (graph.outputs.length === 0) throw intakeError("no-outputs", "The model has no outputs.", { file });
  const available = new Set([
    ...graph.inputs,
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  const missing = graph.outputs.find((name) => !available.has(name));
  if (missing !== undefined)
    throw intakeError("undefined-value", `Nothing in the model defines its output ${missing}.`, { file });

  const tensors = collectTensors(graph);
  const shapes = new Map(inputs.map(({ name, shape }) => [name, shape]));
  const roles = tensorRoles(graph, shapes, tensors, {
    producer: proto.producerName,
    findRule: ruleOf,
    isGenerated,
  });
  const parameters = roles.filter(({ role }) => role === "parameter").flatMap((each) => toParameter(each, tensors));
  const statistics = roles.filter(({ role }) => role === "statistic");
  for (const { name } of [...parameters, ...statistics]) requireFinite(name, tensors);
  const declared = new Map<string, DeclaredValue>();
  for (const info of [...proto.graph.valueInfo, ...proto.graph.output]) {
    const value = declare(info);
    if (value) declared.set(info.name, value);
  }
  const opset = Number(proto.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0);
  return {
    file,
    name: proto.graph.name,
    irVersion: Number(proto.irVersion),
    opset,
    producer: `${proto.producerName} ${proto.producerVersion}`.trim(),
    inputs,
    outputs: graph.outputs.map(
      (name) => declared.get(name) ?? { name, dtype: "float32", storedAs: "float32", shape: [] },
    ),
    parameters,
    statistics,
    constants: roles.filter(({ role }) => role === "constant"),
    notices: [
      ...newerOpset(opset),
      ...stored.notices,
      ...untied.notices,
      ...retied,
      ...foldedNormNotices(foldedNorms(tensors, isGenerated), EXPORT_HINT),
      ...(proto.producerName === "pytorch" ? damageNotices(graph, parameters, isGenerated) : []),
      ...wrapNotices(graph, tensors),
      ...promotionNotices(graph, tensors),
    ],
    graph,
    tensors,
    labels: new Map(roles.flatMap(({ name, label }) => (label === name ? [] : [[name, label]]))),
    ties,
    declared,
    limits,
  };
}

function parse(bytes: Uint8Array, file: string): ModelProto {
  if (bytes.byteLength === 0) throw notOnnx(bytes, file, "it is empty");
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw notOnnx(bytes, file, "its end is missing, or bytes in it were changed", error);
  }
}

/** Says what the file is instead, where its first bytes tell. */
function notOnnx(bytes: Uint8Array, file: string, why: string, cause?: unknown): ThalwegError {
  const kind = fileKind(bytes.subarray(0, HEAD_BYTES));
  const whole = bytes.byteLength === 0 || kind?.name === "ONNX";
  const error = whole
    ? intakeError(
        "not-onnx",
        `${file} is not a whole ONNX file: ${why}.`,
        { file },
        "Check that the file was copied completely.",
      )
    : intakeError(
        "not-onnx",
        `${file} is not the ONNX file that is expected here: ${kind ? `it is ${kind.title}` : "it cannot be read as one"}.`,
        { file },
        kind?.remedy ?? "Give the file that torch.onnx.export or another exporter to ONNX wrote.",
      );
  error.cause = cause;
  return error;
}

function declare({ name, type }: ValueInfoProto): DeclaredValue | undefined {
  if (type?.value.case !== "tensorType") return undefined;
  const { elemType, shape } = type.value.value;
  const dtype = dtypeOf(elemType);
  if (!dtype) return undefined;
  return {
    name,
    dtype,
    storedAs: elementTypeName(elemType),
    shape: (shape?.dim ?? []).map(({ value }) => {
      if (value.case === "dimValue") return Number(value.value);
      return value.case === "dimParam" && value.value !== "" ? value.value : undefined;
    }),
  };
}

function declaredOrThrow(info: ValueInfoProto, file: string): DeclaredValue {
  const value = declare(info);
  if (!value) {
    const held =
      info.type?.value.case === "tensorType" ? "elements of a type that Thalweg does not compute with" : "no tensor";
    throw intakeError("bad-input-type", `The model's input ${info.name} holds ${held}.`, { file, input: info.name });
  }
  const bad = value.shape.find((extent) => typeof extent === "number" && extent < 0);
  if (bad !== undefined)
    throw intakeError("bad-dimensions", `The model's input ${info.name} has the negative extent ${bad}.`, {
      file,
      input: info.name,
    });
  return value;
}

/** The initialisers and the tensors of Constant nodes, by the name of the value. */
function collectTensors(graph: OnnxGraph): Map<string, StoredTensor> {
  const tensors = new Map(graph.initializers);
  for (const node of allNodes(graph.nodes)) {
    const [name] = node.outputs;
    const stored = node.op === "Constant" && node.domain === "" && name ? constantTensor(node, name) : undefined;
    if (stored) tensors.set(name, stored);
  }
  return tensors;
}

/** What a Constant node holds, where it is a tensor or floats. */
function constantTensor({ attributes }: OnnxNode, name: string): StoredTensor | undefined {
  const value = attributes.get("value");
  if (value?.kind === "tensor") return { ...value.value, name };
  const floats = attributes.get("value_floats");
  const float = attributes.get("value_float");
  const single = float?.kind === "float" ? Float32Array.of(float.value) : undefined;
  const data = floats?.kind === "floats" ? Float32Array.from(floats.value) : single;
  if (!data) return undefined;
  return { name, tensor: { dtype: "float32", shape: single ? [] : [data.length], data }, storedAs: "float32" };
}

function toParameter(role: TensorRole, tensors: ReadonlyMap<string, StoredTensor>): Parameter[] {
  const parameter = parameterOf(role, tensors.get(role.name));
  return parameter ? [parameter] : [];
}

/** A tensor as a parameter, when it holds floats. */
function parameterOf(
  { name, label, node, reason, open }: TensorRole,
  stored: StoredTensor | undefined,
): Parameter | undefined {
  if (!stored?.tensor || !isFloat(stored.tensor.dtype)) return undefined;
  const { shape, dtype, data } = stored.tensor;
  if (!(data instanceof Float32Array) && !(data instanceof Float64Array)) return undefined;
  return { name, label, node, shape, dtype, data, reason, open };
}

function requireFinite(name: string, tensors: ReadonlyMap<string, StoredTensor>): void {
  const data = tensors.get(name)?.tensor?.data;
  if (data === undefined) return;
  let bad = 0;
  while (bad < data.length && Number.isFinite(data[bad])) bad++;
  if (bad < data.length) {
    throw intakeError(
      "not-finite",
      `The weight ${name} holds ${data[bad]} at position ${bad}.`,
      { parameter: name },
      "Save the model before it diverges: no geometry is defined at weights that are not numbers.",
    );
  }
}

function newerOpset(opset: number): Notice[] {
  if (opset <= NEWEST_OPSET) return [];
  const message = `The model is written in opset ${opset}, newer than ${NEWEST_OPSET}: operators that changed since would be read with their older meaning.`;
  return [{ code: "newer-opset", message, hint: `Export it with opset ${NEWEST_OPSET} or older.` }];
}

const EXPORT_HINT =
  "Export with torch.onnx.export(model, ..., training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False) to keep the network's own parameters.";

/** What an exporter did to the parameters, recognised by the names that it left. */
function damageNotices(graph: OnnxGraph, parameters: readonly Parameter[], isGenerated: IsGenerated): Notice[] {
  const renamed = parameters.filter(({ name }) => isGenerated(name)).map(({ name }) => name);
  const folded = new Set(
    graph.nodes
      .filter(({ op, inputs }) => (op === "Conv" || op === "ConvTranspose") && inputs.length > 2)
      // The bias is new, too: a convolution that keeps its own had its weights computed, as weight norm does.
      .flatMap(({ inputs: [, ...made] }) => (made.every((name) => renamed.includes(name)) ? made : [])),
  );
  const others = renamed.filter((name) => !folded.has(name));
  const notices: Notice[] = [];
  if (folded.size > 0) {
    notices.push({
      code: "folded-batch-normalization",
      message: `The exporter folded BatchNormalization into the convolutions (${listOf([...folded], 4)}): gradients and curvature are with respect to the folded weights, not to the parameters that were trained.`,
      hint: EXPORT_HINT,
    });
  }
  if (others.length > 0) {
    notices.push({
      code: "renamed-weights",
      message: `The file holds ${others.length === 1 ? "1 weight under a name" : `${others.length} weights under names`} of the exporter's own, ${listOf(others, 4)}: ${others.length === 1 ? "it" : "each"} may be a parameter of the network, transposed or not, a tensor that nobody trained, or computed from several of both (weight norm, a product, a sum). Gradients and curvature are with respect to what the file holds.`,
      hint: EXPORT_HINT,
    });
  }
  return notices;
}
