import { create } from "@bufbuild/protobuf";
import { NodeProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { type AttributeUse, FLAG, INT, NO_EFFECT, oneOf, only, refuseUndeclared, since, until } from "./declaration.ts";
import type { OnnxAttribute, OnnxNode } from "./onnx-node.ts";
import { ONNX_RULES } from "./rules/registry.ts";
import { UnsupportedNode } from "./unsupported-node.ts";

function node(opset: number, attributes: Record<string, OnnxAttribute>, inputs: readonly string[] = ["x"]): OnnxNode {
  return {
    op: "Op",
    domain: "",
    opset,
    name: "node",
    inputs,
    outputs: ["y"],
    attributes: new Map(Object.entries(attributes)),
    proto: create(NodeProtoSchema),
  };
}

/** Why a node with the attribute `a` is refused; undefined where it is not. */
function refusal(use: AttributeUse, opset: number, value: number | string): string | undefined {
  const attribute: OnnxAttribute = typeof value === "string" ? { kind: "string", value } : { kind: "int", value };
  try {
    refuseUndeclared({ attributes: { a: use }, inputs: 1 }, node(opset, { a: attribute }));
    return undefined;
  } catch (error) {
    if (error instanceof UnsupportedNode) return error.message;
    throw error;
  }
}

describe("what a rule does not read is refused", () => {
  test.each<[string, AttributeUse, number, number | string, RegExp | undefined]>([
    ["an attribute before its opset", since(13, INT), 12, 1, /opset 12 does not define/],
    ["from its opset on", since(13, INT), 13, 1, undefined],
    ["an attribute behind its last opset", until(8, INT), 9, 1, /opset 9 does not define/],
    ["in its last opset", until(8, INT), 8, 1, undefined],
    ["a number that is none of the few", FLAG, 17, 2, /a = 2; only 0, 1 can be read/],
    ["one of the few", FLAG, 17, 1, undefined],
    ["a text that is none of the few", oneOf("p", "q"), 17, "r", /a = r; only p, q can be read/],
    ["a text of the few", oneOf("p", "q"), 17, "q", undefined],
    ["anything but the default of what is not read", only(0), 17, 1, /only 0 can be read/],
    ["any value of what has no effect", NO_EFFECT, 17, 5, undefined],
  ])("%s", (_, use, opset, value, said) => {
    if (said) expect(refusal(use, opset, value)).toMatch(said);
    else expect(refusal(use, opset, value)).toBeUndefined();
  });

  test("an attribute that no rule names, and an input behind the last", () => {
    const refused = (attributes: Record<string, OnnxAttribute>, inputs?: string[]) => () =>
      refuseUndeclared({ inputs: 2 }, node(17, attributes, inputs));
    expect(refused({ other: { kind: "int", value: 1 } })).toThrow(/attribute other = 1, which is not read/);
    expect(refused({}, ["x", "", "z"])).toThrow(/input number 3 \(z\).*first 2/);
    expect(refused({}, ["x", "y", ""])).not.toThrow();
  });
});

describe("every bound that a rule gives holds", () => {
  const bounded = ONNX_RULES.flatMap((rule) =>
    Object.entries(rule.attributes ?? {}).flatMap(([name, use]) =>
      use.to === undefined && use.from === undefined ? [] : [{ title: `${rule.op} ${name}`, rule, name, use }],
    ),
  );
  test.each(bounded)("$title", ({ rule, name, use }) => {
    const [value] = use.values ?? [0];
    const attribute: OnnxAttribute = typeof value === "string" ? { kind: "string", value } : { kind: "int", value };
    const at = (opset: number) => () => refuseUndeclared(rule, node(opset, { [name]: attribute }, []));
    const { from, to } = use;
    for (const inside of [from, to]) if (inside !== undefined) expect(at(inside)).not.toThrow();
    for (const outside of [from && from - 1, to && to + 1])
      if (outside !== undefined) expect(at(outside)).toThrow(/does not define/);
  });
});
