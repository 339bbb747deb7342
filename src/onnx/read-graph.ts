import {
  AttributeProto_AttributeType as Kind,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type OperatorSetIdProto,
} from "onnx-buf";
import { decodeTensor, type ByteBudget, type ExternalReader } from "./decode-tensor.ts";
import { beyondLimits, type ImportLimits } from "./import-limits.ts";
import { intakeError } from "./intake-error.ts";
import { NameScope } from "./name-scope.ts";
import type { OnnxAttribute, OnnxGraph, OnnxNode, StoredTensor } from "./onnx-node.ts";
import { sortNodes } from "./sort-nodes.ts";

/** Calls and nested graphs deeper than this are refused. */
const MAX_DEPTH = 32;

/** The oldest opset that is read; older ones carry attributes of a runtime that is gone. */
const OLDEST_OPSET = 6;

/** An attribute with the scope in which it was written: graphs that a caller hands over read the caller's names. */
interface BoundAttribute {
  readonly proto: AttributeProto;
  readonly scope: Scope | undefined;
}

/** What a name or an attribute reference means at one place: the body of a call, or the file itself. */
interface Scope {
  readonly names: NameScope;
  readonly attributes: ReadonlyMap<string, BoundAttribute>;
  readonly opsets: ReadonlyMap<string, number>;
  readonly prefix: string;
  readonly calls: readonly string[];
  readonly depth: number;
}

/** Reads the graphs of a model: local functions are replaced by their bodies, nodes come out in topological order. */
export class GraphReader {
  private readonly functions: ReadonlyMap<string, FunctionProto>;
  private readonly opsets: ReadonlyMap<string, number>;
  private readonly external: ExternalReader | undefined;
  private readonly budget: ByteBudget;
  private readonly limits: ImportLimits;
  private readonly hoisted = new Map<string, StoredTensor>();
  private count = 0;

  constructor(model: ModelProto, external: ExternalReader | undefined, limits: ImportLimits) {
    this.functions = new Map(model.functions.map((each) => [functionKey(each.domain, each.name, each.overload), each]));
    this.opsets = opsetsOf(model.opsetImport);
    this.external = external;
    this.limits = limits;
    this.budget = { left: limits.bytes, limits };
  }

  /** The main graph, with the initialisers of nested graphs beside its own. */
  read(graph: GraphProto): OnnxGraph {
    const main = this.graph(graph, {
      names: NameScope.main(graph),
      attributes: new Map(),
      opsets: this.opsets,
      prefix: "",
      calls: [],
      depth: 0,
    });
    return { ...main, initializers: new Map(this.hoisted) };
  }

  private graph(graph: GraphProto, scope: Scope): OnnxGraph {
    if (scope.depth > MAX_DEPTH) throw intakeError("too-deep", `The model nests graphs more than ${MAX_DEPTH} deep.`);
    if (graph.sparseInitializer.length > 0) {
      throw intakeError(
        "sparse-initializer",
        "The model holds sparse initialisers, which Thalweg does not read.",
        {},
        "Export the model with dense weights.",
      );
    }
    const initializers = new Map<string, StoredTensor>();
    for (const proto of graph.initializer) {
      const name = scope.names.rename(proto.name);
      if (name === "") throw intakeError("unnamed-initializer", "The model has an initialiser without a name.");
      if (initializers.has(name))
        throw intakeError("duplicate-name", `The model defines the initialiser ${name} twice.`, { input: name });
      const stored = { ...decodeTensor(proto, this.external, this.budget), name };
      initializers.set(name, stored);
      this.hoisted.set(name, stored);
    }
    const inputs = graph.input.map(({ name }) => scope.names.rename(name));
    const nodes = this.nodes(graph.node, scope);
    return {
      nodes: sortNodes(nodes, [...inputs, ...initializers.keys()], scope.depth === 0),
      initializers,
      inputs,
      outputs: graph.output.map(({ name }) => scope.names.rename(name)),
    };
  }

  private nodes(protos: readonly NodeProto[], scope: Scope): OnnxNode[] {
    return protos.flatMap((proto) => {
      if (++this.count > this.limits.nodes)
        throw beyondLimits(this.limits, "too-many-nodes", {
          place: "The model",
          what: `has more than ${this.limits.nodes} nodes once its functions are written out`,
        });
      const domain = normalDomain(proto.domain);
      const called = this.functions.get(functionKey(domain, proto.opType, proto.overload));
      return called ? this.call(proto, called, scope) : [this.node(proto, domain, scope)];
    });
  }

  private node(proto: NodeProto, domain: string, scope: Scope): OnnxNode {
    const outputs = proto.output.map((each) => scope.names.rename(each));
    const attributes = new Map<string, OnnxAttribute>();
    const name = `${scope.prefix}${proto.name}` || outputs.find((each) => each !== "") || proto.opType;
    checkAttributes(proto, name);
    for (const attribute of proto.attribute) {
      const bound = this.resolve(attribute, scope);
      if (bound) attributes.set(attribute.name, this.attribute(bound.proto, bound.scope ?? scope, name));
    }
    const inputs = proto.input.map((each) => scope.names.rename(each));
    return {
      op: proto.opType,
      domain,
      opset: opsetOf(scope.opsets, domain, proto),
      name,
      inputs,
      outputs,
      attributes,
      proto,
    };
  }

  /** The body of a function with the caller's names and attributes in place of the formal ones. */
  private call(proto: NodeProto, body: FunctionProto, scope: Scope): OnnxNode[] {
    const key = functionKey(body.domain, body.name, body.overload);
    if (scope.calls.includes(key)) {
      throw intakeError("recursive-function", `The function ${body.name} of the model calls itself.`, {
        node: proto.name,
        op: body.name,
      });
    }
    if (scope.calls.length >= MAX_DEPTH)
      throw intakeError("too-deep", `The model nests function calls more than ${MAX_DEPTH} deep.`);
    const place = proto.name || proto.output.find((each) => each !== "") || body.name;
    checkAttributes(proto, place);
    const prefix = `${scope.prefix}${place}/`;
    const names = new Map<string, string>();
    body.output.forEach((formal, i) => {
      const actual = proto.output[i];
      if (actual !== undefined && actual !== "") names.set(formal, scope.names.rename(actual));
    });
    // An output that is also an input (or twice an output) keeps the first meaning and is copied.
    const copies: [string, string][] = [];
    body.input.forEach((formal, i) => {
      const actual = scope.names.rename(proto.input[i] ?? "");
      const output = names.get(formal);
      if (output !== undefined) copies.push([actual, output]);
      names.set(formal, actual);
    });
    const given = new Map(proto.attribute.map((each) => [each.name, this.resolve(each, scope)]));
    const attributes = new Map<string, BoundAttribute>();
    for (const attribute of body.attributeProto) attributes.set(attribute.name, { proto: attribute, scope: undefined });
    for (const formal of body.attribute) {
      const attribute = given.get(formal);
      if (attribute) attributes.set(formal, attribute);
    }
    for (const formal of body.attributeProto) {
      const attribute = given.get(formal.name);
      if (attribute) attributes.set(formal.name, attribute);
    }
    const inner: Scope = {
      names: scope.names.body(names, body.node, prefix),
      attributes,
      opsets: body.opsetImport.length > 0 ? opsetsOf(body.opsetImport) : this.opsets,
      prefix,
      calls: [...scope.calls, key],
      depth: scope.depth,
    };
    const nodes = this.nodes(body.node, inner);
    for (const [from, to] of copies) {
      nodes.push({
        op: "Identity",
        domain: "",
        opset: OLDEST_OPSET,
        name: `${prefix}copy`,
        inputs: [from],
        outputs: [to],
        attributes: new Map(),
        proto,
      });
    }
    return nodes;
  }

  private resolve(attribute: AttributeProto, scope: Scope): BoundAttribute | undefined {
    return attribute.refAttrName === "" ? { proto: attribute, scope } : scope.attributes.get(attribute.refAttrName);
  }

  private attribute(proto: AttributeProto, scope: Scope, place: string): OnnxAttribute {
    switch (kindOf(proto)) {
      case Kind.INT:
        return { kind: "int", value: Number(proto.i) };
      case Kind.FLOAT:
        return { kind: "float", value: proto.f };
      case Kind.STRING:
        return { kind: "string", value: text(proto.s) };
      case Kind.INTS:
        return { kind: "ints", value: proto.ints.map(Number) };
      case Kind.FLOATS:
        return { kind: "floats", value: proto.floats };
      case Kind.STRINGS:
        return { kind: "strings", value: proto.strings.map(text) };
      case Kind.TENSOR:
        if (proto.t) return { kind: "tensor", value: decodeTensor(proto.t, this.external, this.budget) };
        return { kind: "other", value: undefined };
      case Kind.GRAPH:
        if (proto.g) {
          const names = scope.names.nested(proto.g, `${place}/${proto.name}`);
          return { kind: "graph", value: this.graph(proto.g, { ...scope, names, depth: scope.depth + 1 }) };
        }
        return { kind: "other", value: undefined };
      default:
        return { kind: "other", value: undefined };
    }
  }
}

/** The kind of an attribute; files of IR version 1 leave it out, so it is told from the field that is set. */
function kindOf(proto: AttributeProto): Kind {
  if (proto.type !== Kind.UNDEFINED) return proto.type;
  if (proto.t) return Kind.TENSOR;
  if (proto.g) return Kind.GRAPH;
  if (proto.ints.length > 0) return Kind.INTS;
  if (proto.floats.length > 0) return Kind.FLOATS;
  if (proto.strings.length > 0) return Kind.STRINGS;
  if (proto.s.length > 0) return Kind.STRING;
  return proto.f === 0 ? Kind.INT : Kind.FLOAT;
}

/** The kinds whose fields are set; a number that is zero cannot be told from one that is not there. */
function kindsSet(proto: AttributeProto): Kind[] {
  const set: readonly (readonly [Kind, boolean])[] = [
    [Kind.INT, Number(proto.i) !== 0],
    [Kind.FLOAT, proto.f !== 0],
    [Kind.STRING, proto.s.length > 0],
    [Kind.INTS, proto.ints.length > 0],
    [Kind.FLOATS, proto.floats.length > 0],
    [Kind.STRINGS, proto.strings.length > 0],
    [Kind.TENSOR, proto.t !== undefined],
    [Kind.GRAPH, proto.g !== undefined],
  ];
  return set.flatMap(([kind, isSet]) => (isSet ? [kind] : []));
}

/** Refuses attributes that can be read in two ways: whichever value were taken, it might be the wrong one. */
function checkAttributes({ attribute: attributes, opType }: NodeProto, node: string): void {
  const names = new Set<string>();
  const hint = "The file is damaged or badly written: export it again.";
  for (const attribute of attributes) {
    const { name, type } = attribute;
    const where = { node, op: opType };
    if (names.has(name))
      throw intakeError("duplicate-attribute", `Node ${node} has the attribute ${name} twice.`, where, hint);
    names.add(name);
    const other = type === Kind.UNDEFINED ? undefined : kindsSet(attribute).find((kind) => kind !== type);
    if (other !== undefined) {
      throw intakeError(
        "attribute-type",
        `The attribute ${name} of node ${node} says that it is of type ${Kind[type] ?? type}, but holds a value of type ${Kind[other]}.`,
        where,
        hint,
      );
    }
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function normalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

function functionKey(domain: string, name: string, overload: string): string {
  return `${normalDomain(domain)}:${name}:${overload}`;
}

function opsetsOf(imports: readonly OperatorSetIdProto[]): Map<string, number> {
  return new Map(imports.map(({ domain, version }) => [normalDomain(domain), Number(version)]));
}

function opsetOf(opsets: ReadonlyMap<string, number>, domain: string, proto: NodeProto): number {
  const opset = opsets.get(domain);
  const where = { node: proto.name, op: proto.opType };
  if (opset === undefined) {
    // Operators of other domains carry their meaning in their name.
    if (domain !== "") return 1;
    throw intakeError(
      "missing-opset",
      `The model does not say which opset its operators (${proto.opType}, for one) belong to.`,
      where,
      "Export the model again: a valid file has an opset_import.",
    );
  }
  if (domain === "" && opset < OLDEST_OPSET) {
    throw intakeError(
      "old-opset",
      `The model is written in opset ${opset}; Thalweg reads opset ${OLDEST_OPSET} and later.`,
      { ...where, opset },
      "Export it again with a current opset, or convert it with onnx.version_converter.",
    );
  }
  return opset;
}
