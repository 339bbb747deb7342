import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { OnnxRule } from "../rule.ts";
import { ONNX_RULES } from "./registry.ts";

/*
 * What rules declare, beside what ONNX defines of their operators (test/data/onnx-schemas.json, written once by
 * onnx-schemas.py from the definitions in the onnx package): opsets of attributes, and what float inputs are for.
 */

const OLDEST_OPSET = 7;
const NEWEST_OPSET = 26;

const SCHEMAS = z
  .record(
    z.string(),
    z.array(
      z.object({
        since: z.number(),
        attributes: z.array(z.string()),
        inputs: z.array(
          z.object({
            name: z.string(),
            variadic: z.boolean().optional(),
            float: z.boolean().optional(),
            anything: z.boolean().optional(),
          }),
        ),
      }),
    ),
  )
  .parse(JSON.parse(readFileSync(new URL("../../../test/data/onnx-schemas.json", import.meta.url), "utf8")));

const STANDARD = ONNX_RULES.filter(({ op, domain }) => domain === undefined && Object.hasOwn(SCHEMAS, op));

/** The definition of an operator in an opset. */
function schemaAt(op: string, opset: number) {
  return SCHEMAS[op].findLast(({ since }) => since <= opset);
}

/** Opsets from the oldest that is read to the newest, in which an operator has an attribute or has it not. */
function opsets(op: string, attribute: string) {
  const all = Array.from({ length: NEWEST_OPSET - OLDEST_OPSET + 1 }, (_, i) => OLDEST_OPSET + i);
  const defined = all.filter((opset) => schemaAt(op, opset));
  return {
    having: defined.filter((opset) => schemaAt(op, opset)?.attributes.includes(attribute)),
    lacking: defined.filter((opset) => schemaAt(op, opset)?.attributes.includes(attribute) === false),
  };
}

const allows = ({ from = 0, to = Infinity }: { readonly from?: number; readonly to?: number }, opset: number) =>
  from <= opset && opset <= to;

test("nearly every rule of the standard domain has a definition to be held to", () => {
  expect(STANDARD.length).toBeGreaterThan(165);
});

describe("attributes are declared for the opsets that define them", () => {
  test.each(STANDARD.map((rule): [string, OnnxRule] => [rule.op, rule]))("%s", (op, { attributes = {} }) => {
    for (const [name, use] of Object.entries(attributes)) {
      const { having, lacking } = opsets(op, name);
      expect([name, having.filter((opset) => !allows(use, opset))]).toEqual([name, []]);
      expect([name, lacking.filter((opset) => allows(use, opset))]).toEqual([name, []]);
    }
  });
});

/** Names of operands of arithmetic, whose role is what the network makes of them. */
const PLAIN = /^(A|B|C|X|Y|x|y|Z|data(_0)?|input(_0)?s?|T|condition)$/;

describe("what float inputs are for is declared", () => {
  const floats = STANDARD.flatMap((rule) =>
    (schemaAt(rule.op, NEWEST_OPSET)?.inputs ?? []).flatMap((input, slot) =>
      input.float === true && slot < rule.inputs ? [{ ...input, rule, slot }] : [],
    ),
  );
  const declared = ({ slots = [] }: OnnxRule) => slots.length > 0;

  test.each(
    floats.filter(({ name }) => !PLAIN.test(name)).map((each) => [`${each.rule.op} ${each.name}`, each.rule] as const),
  )("where it has a name of its own: %s", (_, rule) => expect(declared(rule)).toBe(true));

  // Only what is moved or picked may be text; but Equal compares it.
  test.each(
    floats
      .filter(({ anything, rule }) => anything === true && rule.op !== "Equal")
      .map(({ rule, name }) => [`${rule.op} ${name}`, rule] as const),
  )("where it may be anything: %s", (_, rule) => expect(declared(rule)).toBe(true));

  test.each(ONNX_RULES.filter(({ linear }) => linear === true).map((rule) => [rule.op, rule] as const))(
    "a linear map has weights: %s",
    (_, { slots = [] }) => expect(slots).toContain("weight"),
  );

  test.each(
    ONNX_RULES.filter(({ domain, inputs }) => domain === "com.microsoft" && inputs > 1).map(
      (rule) => [rule.op, rule] as const,
    ),
  )("an operator of the runtime's own with several inputs: %s", (_, rule) => expect(declared(rule)).toBe(true));
});
