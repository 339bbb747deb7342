import { create } from "@bufbuild/protobuf";
import { ValueInfoProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { proveImport } from "../src/load/prove-import.ts";
import { decodeModel } from "../src/onnx/decode-model.ts";
import type { OnnxRule } from "../src/onnx/rule.ts";
import { ONNX_RULES, ruleOf } from "../src/onnx/rules/registry.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { Check } from "../src/result/envelope.ts";
import { nodeFileSession } from "../src/runtime/node-runtime.ts";
import { sizeOf, type Tensor } from "../src/util/tensor.ts";
import { modelBytes, tensorProto, valueInfo, type NodeSpec } from "./support/onnx-model.ts";
import { PLANTED, tooLarge, UNOBSERVABLE, type Operand, type Row } from "./support/planted-faults.ts";
import { runtime } from "./support/run-values.ts";

/*
 * The import proof finds what is planted: for each rule one mutation of its meaning, in a file that the
 * runtime runs as it is. Without the mutation the same file passes.
 */

const key = ({ op, domain = "" }: { op: string; domain?: string }) => (domain === "" ? op : `${domain}:${op}`);
const X: Operand = { elements: "float", shape: [3] };

function fileOf(row: Row): { bytes: Uint8Array; feeding: ReadonlyMap<string, Tensor>; batch: number } {
  const { op, domain, attributes, opset = 18, outputs = 1, before = [], after = [] } = row;
  const random = createRandom(5).split(key(row));
  const given = row.inputs.flatMap((operand, i) => (operand ? [{ name: `i${i}`, operand }] : []));
  const reads = [...before, ...after].flatMap(({ inputs }) => inputs);
  const all = reads.includes("x") ? [...given, { name: "x", operand: X }] : given;
  const operands = all.map(({ name, operand }) => {
    const { shape, values } = operand;
    return { name, ...operand, values: values ?? [...random.split(name).normalVector(sizeOf(shape))].map(Math.fround) };
  });
  const made = Array.from({ length: outputs }, (_, i) => `o${i}`);
  const node: NodeSpec = {
    op,
    domain,
    attributes,
    inputs: row.names ?? row.inputs.map((operand, i) => (operand ? `i${i}` : "")),
    outputs: made,
  };
  const fed = operands.filter(({ constant }) => !constant);
  // A file without inputs would have no batch.
  const inputs = fed.length > 0 ? fed : [{ name: "unused", ...X, values: [1, 2, 3] }];
  return {
    bytes: modelBytes({
      opset,
      nodes: [...before, node, ...after],
      inputs: inputs.map(({ name, elements, shape }) => valueInfo(name, elements, shape)),
      outputs: (after.length > 0 ? ["out"] : made).map((name) => create(ValueInfoProtoSchema, { name })),
      initializers: operands
        .filter(({ constant }) => constant)
        .map(({ name, elements, shape, values }) => tensorProto(name, elements, shape, values)),
    }),
    feeding: new Map(
      inputs.map(({ name, elements, shape, values }): [string, Tensor] => {
        const dtype = elements === "int64" || elements === "bool" ? elements : "float32";
        return [name, { dtype, shape, data: Float64Array.from(values) }];
      }),
    ),
    batch: inputs[0].shape[0] ?? 1,
  };
}

async function proofOf(row: Row, plant?: (rule: OnnxRule) => OnnxRule): Promise<Check> {
  const { bytes, feeding, batch } = fileOf(row);
  const session = await nodeFileSession(bytes, { threads: 1 });
  const rules: typeof ruleOf = (node) => {
    const rule = ruleOf(node);
    return rule && plant && key(rule) === key(row) ? plant(rule) : rule;
  };
  try {
    return await proveImport(
      {
        model: decodeModel(bytes, { file: "row.onnx" }),
        session,
        runtime,
        importing: { parameters: [], rules },
        feeding: () => feeding,
        random: createRandom(0),
      },
      [{ start: 0, size: batch }],
    );
  } finally {
    await session.release();
  }
}

describe("planted faults", () => {
  test("there is a row for each rule", () => {
    const rows = [...PLANTED.map(key), ...Object.keys(UNOBSERVABLE)].toSorted();
    expect(rows).toEqual(ONNX_RULES.map(key).toSorted());
  });

  test.each(PLANTED.map((row) => [`${key(row)}: ${row.fault.what}`, row] as const))("%s", async (_title, row) => {
    expect(await proofOf(row)).toMatchObject({ passed: true });
    const found = await proofOf(row, (rule) => row.fault.plant(rule));
    expect(found).toMatchObject({ name: "import", passed: false });
    expect(found.measured).toBeGreaterThan(found.limit);
  });

  test.each(PLANTED.map((row) => [key(row), row] as const))("%s: 0.1 %% too large", async (_title, row) => {
    let touched = false;
    const found = await proofOf(row, (rule) => tooLarge(() => (touched = true)).plant(rule));
    expect(found.passed).toBe(!touched);
  });
});
