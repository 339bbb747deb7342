import { FREEZE_REMEDY } from "./refusal.ts";
import { UnsupportedNode } from "./unsupported-node.ts";
import type { OnnxAttribute, OnnxNode } from "./onnx-node.ts";

type AttributeKind = Exclude<OnnxAttribute["kind"], "other">;

/** What a rule does with an attribute of its operator. */
export interface AttributeUse {
  /** How the rule reads it; absent: it does not. */
  readonly kind?: AttributeKind;
  /** The values that the rule understands; absent: all. */
  readonly values?: readonly (number | string)[];
  /** The opsets in which the operator has it. */
  readonly from?: number;
  readonly to?: number;
}

/** What a rule reads of a node; whatever else a node has is refused. */
export interface Declaration {
  readonly attributes?: Readonly<Record<string, AttributeUse>>;
  /** How many inputs it reads, from the first on. */
  readonly inputs: number;
}

export const INT: AttributeUse = { kind: "int" };
export const FLAG: AttributeUse = { kind: "int", values: [0, 1] };
export const FLOAT: AttributeUse = { kind: "float" };
export const STRING: AttributeUse = { kind: "string" };
export const INTS: AttributeUse = { kind: "ints" };
export const FLOATS: AttributeUse = { kind: "floats" };
export const STRINGS: AttributeUse = { kind: "strings" };
export const TENSOR: AttributeUse = { kind: "tensor" };
export const GRAPH: AttributeUse = { kind: "graph" };

/** An attribute that has no effect on what is imported: a seed, the momentum of running statistics. */
export const NO_EFFECT: AttributeUse = {};

/** A text out of few. */
export function oneOf(...values: string[]): AttributeUse {
  return { kind: "string", values };
}

/** An attribute that is not read, and therefore must have a value (its default) under which it changes nothing. */
export function only(...values: (number | string)[]): AttributeUse {
  return { values };
}

/** An attribute that the operator has from one opset on. */
export function since(from: number, use: AttributeUse): AttributeUse {
  return { ...use, from };
}

/** An attribute that later opsets replaced, by an input as a rule. */
export function until(to: number, use: AttributeUse): AttributeUse {
  return { ...use, to };
}

/** Refuses a node that has more than its rule reads: a meaning that is not understood is never ignored. */
export function refuseUndeclared({ attributes = {}, inputs }: Declaration, node: OnnxNode): void {
  const last = node.inputs.findLastIndex((name) => name !== "");
  if (last >= inputs)
    throw new UnsupportedNode(
      `has an input number ${last + 1} (${node.inputs[last]}), which is not read; only the first ${inputs} are`,
      FREEZE_REMEDY,
    );
  for (const [name, attribute] of node.attributes) {
    const use = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (!use)
      throw new UnsupportedNode(`has the attribute ${name}${shown(attribute)}, which is not read`, FREEZE_REMEDY);
    if (node.opset < (use.from ?? 0) || node.opset > (use.to ?? Infinity))
      throw new UnsupportedNode(`has the attribute ${name}, which opset ${node.opset} does not define`, FREEZE_REMEDY);
    const { value } = attribute;
    if (use.values && !use.values.some((each) => each === value))
      throw new UnsupportedNode(
        `has the attribute ${name}${shown(attribute)}; only ${use.values.join(", ")} can be read`,
        FREEZE_REMEDY,
      );
  }
}

function shown(attribute: OnnxAttribute): string {
  switch (attribute.kind) {
    case "int":
    case "float":
    case "string":
      return ` = ${attribute.value}`;
    case "ints":
    case "floats":
    case "strings":
      return ` = [${attribute.value.slice(0, 8).join(", ")}${attribute.value.length > 8 ? ", …" : ""}]`;
    default:
      return "";
  }
}
